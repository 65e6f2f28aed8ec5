"""Every finding of the relay's doctor, by making it so."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from collab_relay import doctor, settings
from collab_relay.tls import Certificate
from observability.findings import Finding

from .client import Identity
from .conftest import ROOT, RelayProcess


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`config(RELAY_URLS=[...])`: settings for this test."""

    def change(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setitem(vars(settings), name, value)

    return change


def ill(found: Iterator[Finding]) -> Finding:
    [only] = [finding for finding in found if not finding.well]
    assert only.do
    return only


def test_addresses(config: Any) -> None:
    config(RELAY_URLS=[])
    [found] = doctor.addresses()
    assert (found.well, found.words) == (
        True,
        "Not set: only instances of this machine can connect.",
    )
    config(RELAY_URLS=["wss://relay.example", "ws://10.0.0.1:9000", "ws://localhost:9000"])
    assert [finding.well for finding in doctor.addresses()] == [True, True, True]
    config(RELAY_URLS=["ws://relay.example"])
    assert "not encrypted" in ill(doctor.addresses()).words


def test_allowed_file(config: Any, tmp_path: Path, alice: Identity) -> None:
    config(RELAY_ALLOWED_USERS="")
    assert [finding.well for finding in doctor.allowed()] == [True]
    file = tmp_path / "allowed"
    config(RELAY_ALLOWED_USERS=str(file))
    assert ill(doctor.allowed()).words == f"{file} cannot be read."
    file.write_text("# nobody yet\n")
    assert ill(doctor.allowed()).words == "It admits nobody."
    file.write_text(f"{alice.id} # Alice\n\nBob\n")
    assert ill(doctor.allowed()).words == "1 of 2 lines are no ids."
    file.write_text(f"{alice.id}\n")
    assert [finding.words for finding in doctor.allowed()] == ["1 ids are admitted."]


def test_log(config: Any, tmp_path: Path) -> None:
    config(LOG_FILE=tmp_path / "collaboration-service.log")
    assert [finding.well for finding in doctor.log_folder()] == [True, True]
    assert not (tmp_path / "collaboration-service.log").exists()
    config(LOG_FILE=tmp_path / "nothing" / "collaboration-service.log")
    assert ill(doctor.log_folder()).words.endswith("cannot be written.")


def certificate(folder: Path, days: int) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, SHA256())
    )
    file = folder / "relay.pem"
    form = PrivateFormat.PKCS8
    private = key.private_bytes(Encoding.PEM, form, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return Certificate(str(file))


def test_certificate(tmp_path: Path) -> None:
    assert list(doctor.valid(None)) == []
    assert [finding.well for finding in doctor.valid(certificate(tmp_path, 60))] == [True]
    for days in (13, -1):
        found = ill(doctor.valid(certificate(tmp_path, days)))
        assert found.do == "Renew it, then send the relay SIGHUP."
    (tmp_path / "relay.pem").write_text("half a certificate")
    assert "cannot be used" in ill(doctor.valid(Certificate(str(tmp_path / "relay.pem")))).words
    assert "cannot be used" in ill(doctor.valid(Certificate(str(tmp_path / "none.pem")))).words


def test_port_with_a_relay_with_nothing_and_with_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = RelayProcess(tmp_path)
    port = int(relay.url.rsplit(":", 1)[1])
    try:
        [found] = doctor.listening("0.0.0.0", port, tls=False)
        assert (found.well, found.words) == (True, f"A relay is well at port {port}: 0 connected.")
    finally:
        relay.stop()
    [found] = doctor.listening("127.0.0.1", port, tls=False)
    assert (found.well, found.words) == (True, f"Nothing listens at port {port}.")
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(doctor, "SECONDS", 0.01)
        port = other.getsockname()[1]
        assert "does not answer as a relay" in ill(doctor.listening("127.0.0.1", port, False)).words


def test_command(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.write_text("nobody\n")
    for words, code in (([], 0), (["--json"], 1)):
        more = {"RELAY_ALLOWED_USERS": str(allowed)} if code else {}
        command = [sys.executable, str(ROOT / "manage.py"), "relay_doctor", "1", *words]
        env = {"PATH": os.environ["PATH"], **more}
        run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (code, "")
        if words:
            found = json.loads(run.stdout)["findings"]
            assert [each["name"] for each in found if not each["well"]] == ["RELAY_ALLOWED_USERS"]
        else:
            assert run.stdout.splitlines()[-1] == "All well: 7 checks."
