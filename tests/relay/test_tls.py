"""A relay that speaks TLS itself, with a certificate made for the test."""

import os
import signal
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from collab_relay import protocol as p
from collab_relay.tls import Certificate

from .client import Identity, connect, dial
from .conftest import RelayProcess
from .test_runrelay import start


def make(folder: Path, name: str = "relay", password: bytes = b"") -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(password) if password else None
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        locked or serialization.NoEncryption(),
    )
    chain, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(secret)
    return chain, key_file


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Trusted by clients of this process the usual way."""
    chain, key = make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    return chain, key


def relay_with(folder: Path, chain: Path, key: Path) -> RelayProcess:
    options = ("--certfile", str(chain), "--keyfile", str(key))
    return RelayProcess(folder / "relay", options=options)


async def test_everything_passes_through_tls(
    tmp_path: Path, files: tuple[Path, Path], alice: Identity, bob: Identity
) -> None:
    relay = relay_with(tmp_path, *files)
    try:
        assert relay.url.startswith("https://127.0.0.1:")
        async with connect(relay.url, alice, [bob]) as a, connect(relay.url, bob, [alice]) as b:
            big = '"' + "x" * 50_000 + '"'
            for ref in range(40):
                await a.event(bob.id, big, ref=ref)
                assert len((await b.wait(p.IncomingEvent)).data) == len(big)
                await b.send(p.Received(count=1))
                assert await a.wait(p.EventAck) == p.EventAck(
                    ref=ref, delivered_to=1, total_recipients=1
                )
    finally:
        assert "Traceback" not in relay.stop() + relay.log


async def test_a_reader_that_stalls_gets_all_later(
    tmp_path: Path, files: tuple[Path, Path], alice: Identity, bob: Identity
) -> None:
    """The sockets that go past ASGI mind a full TLS transport as they do a plain one."""
    relay = relay_with(tmp_path, *files)
    try:
        async with (
            connect(relay.url, alice, [bob]) as a,
            connect(relay.url, bob, [alice], keeps_credit=False) as b,
        ):
            b.socket.transport.pause_reading()
            refused = 0
            for ref in range(40):
                await a.event(bob.id, '"' + "x" * 50_000 + '"', ref=ref)
                refused += bool((await a.wait(p.EventAck)).undelivered)
            b.socket.transport.resume_reading()
            for _ in range(40 - refused):
                assert len((await b.wait(p.IncomingEvent)).data) == 50_002
            assert refused == 40 - p.CREDIT_BYTES // 50_122
    finally:
        assert "Traceback" not in relay.stop()


async def test_a_token_for_the_plain_address_is_for_another_relay(
    tmp_path: Path, files: tuple[Path, Path], alice: Identity
) -> None:
    relay = relay_with(tmp_path, *files)
    try:
        async with dial(relay.url, alice.id) as client:
            hello = await client.wait(p.Hello)
            plain = p.normalise_audience(relay.url).replace("wss", "ws")
            await client.send(p.Authenticate(token=alice.token(plain, hello.nonce)))
            assert (await client.closed())[0] == p.Close.TOKEN
    finally:
        relay.stop()


def shown(relay: RelayProcess) -> bytes:
    """The certificate that a new connection is shown."""
    port = int(relay.url.rpartition(":")[2])
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=5))


def test_a_renewed_certificate_is_read_on_sighup(tmp_path: Path, files: tuple[Path, Path]) -> None:
    chain, key = files
    relay = relay_with(tmp_path, chain, key)
    try:
        before = shown(relay)
        chain.write_text("half a certificate")
        os.kill(relay.process.pid, signal.SIGHUP)
        wait_for_log(relay, "The certificate cannot be used; the old one stays")
        assert shown(relay) == before
        renewed, its_key = make(tmp_path, "renewed")
        chain.write_bytes(renewed.read_bytes())
        key.write_bytes(its_key.read_bytes())
        os.kill(relay.process.pid, signal.SIGHUP)
        wait_for_log(relay, "The certificate was read again")
        assert shown(relay) == ssl.PEM_cert_to_DER_cert(renewed.read_text())
    finally:
        assert "Traceback" not in relay.stop()


def wait_for_log(relay: RelayProcess, words: str) -> None:
    until = time.monotonic() + 20
    while not (relay.folder / "collaboration-service.log").exists() or words not in relay.log:
        assert time.monotonic() < until, words
        time.sleep(0.01)


@pytest.mark.long
def test_a_handshake_that_never_ends_is_dropped(tmp_path: Path, files: tuple[Path, Path]) -> None:
    relay = relay_with(tmp_path, *files)
    try:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", int(relay.url.rpartition(":")[2]))) as raw:
            raw.sendall(b"\x16\x03\x01")
            raw.settimeout(30)
            assert raw.recv(100) == b""
        assert 9 < time.monotonic() - began < 20
    finally:
        assert "Traceback" not in relay.stop()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--certfile", "none.pem"], "Cannot use the certificate in none.pem: No such file"),
        (["--keyfile", "relay.key"], "--keyfile needs --certfile."),
        (["--certfile", "relay.pem"], "Cannot use the certificate in relay.pem: "),
        (["--certfile", "relay.pem", "--keyfile", "other.key"], "Cannot use the certificate in"),
        (["--certfile", "relay.pem", "--keyfile", "locked.key"], "locked by a password"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_one_line(
    tmp_path: Path, options: list[str], said: str
) -> None:
    make(tmp_path)
    make(tmp_path, "other")
    (tmp_path / "locked.key").write_bytes(make(tmp_path, "x", b"secret")[1].read_bytes())
    code, output = start(tmp_path, options=tuple(options))
    assert (code, output.count("\n")) == (1, 1)
    assert said in output


def test_chain_and_key_may_lie_in_one_file(tmp_path: Path) -> None:
    chain, key = make(tmp_path)
    chain.write_bytes(chain.read_bytes() + key.read_bytes())
    Certificate(str(chain)).check()
    with pytest.raises(ssl.SSLError):
        Certificate(str(key)).check()
