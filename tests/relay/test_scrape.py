"""Who may read the relay's /metrics, and in which words it answers."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory

from collab_relay import settings
from collab_relay.scrape import may_scrape

from .conftest import RelayProcess

TOKEN = "0123456789abcdef"
FAR = {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}


def asked(**meta: str) -> Any:
    near = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:9000"}
    return RequestFactory().get("/metrics", **(near | meta))


def fetch(url: str, **headers: str) -> tuple[int, str, str]:
    """Status, content type, text."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_programs_on_this_machine_may_scrape(address: str, host: str) -> None:
    assert may_scrape(asked(REMOTE_ADDR=address, HTTP_HOST=host), "")


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_HOST": "relay.example.org"},
        {"HTTP_HOST": ""},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_FOR": ""},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_a_proxy_on_this_machine_opens_it_to_nobody(meta: dict[str, str]) -> None:
    assert not may_scrape(asked(**meta), "")


def test_a_proxy_nobody_told_of_opens_it_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RELAY_URLS", ["wss://relay.example.org"])
    assert not may_scrape(asked(), "")
    assert may_scrape(asked(**{"wsgi.url_scheme": "https"}), "")  # it speaks TLS itself
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", ["127.0.0.1"])
    assert may_scrape(asked(), "")


def test_with_a_token_its_bearer_scrapes_from_anywhere_and_nobody_else() -> None:
    assert may_scrape(asked(HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **FAR), TOKEN)
    for shown in ("", "Bearer ", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer é"):
        assert not may_scrape(asked(HTTP_AUTHORIZATION=shown, **FAR), TOKEN)
        assert not may_scrape(asked(HTTP_AUTHORIZATION=shown), TOKEN)


def test_a_relay_that_takes_this_machine_for_a_proxy(relay: RelayProcess) -> None:
    url = f"{relay.url}/metrics"
    assert fetch(url)[0] == 200
    for forged in ("192.0.2.7", "127.0.0.1", "::1"):
        assert fetch(url, **{"X-Forwarded-For": forged})[0] == 404
    assert "collab_relay" not in fetch(url, **{"X-Forwarded-For": "192.0.2.7"})[2]


def test_as_text_and_as_openmetrics(relay: RelayProcess) -> None:
    _, text_type, text = fetch(f"{relay.url}/metrics")
    open_ = "application/openmetrics-text; version=1.0.0"
    _, open_type, open_text = fetch(f"{relay.url}/metrics", Accept=open_)
    assert text_type.startswith("text/plain; version=0.0.4")
    assert (open_type.startswith(open_), open_text.endswith("# EOF\n")) == (True, True)
    assert "# EOF" not in text


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "token").write_text(f"{TOKEN}\n")
    process = RelayProcess(folder, METRICS_TOKEN_FILE=str(folder / "token"))
    yield process
    process.stop()


def test_a_token_from_a_file(guarded: RelayProcess) -> None:
    url = f"{guarded.url}/metrics"
    assert fetch(url)[0] == 404
    assert fetch(url, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert fetch(url, Authorization=f"Bearer {TOKEN}", **{"X-Forwarded-For": "192.0.2.7"})[0] == 200
