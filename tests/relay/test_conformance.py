"""The conformance suite against our relay, and against relays that lie, which it must find out."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from .conformance.cases import ALL
from .conformance.instance import FAILURES, Relay
from .conformance.suite import Case, Result, run
from .conftest import ROOT, RelayProcess

DOCUMENT = " ".join((ROOT / "docs" / "protocol.md").read_text("utf-8").split())
QUICK = [case for case in ALL if case.seconds <= 10]
IDS = [case.name for case in ALL]


def tried(url: str, cases: list[Case]) -> dict[Case, Result]:
    return dict(zip(cases, asyncio.run(run(Relay(url), cases)), strict=True))


@pytest.fixture(scope="module")
def results(relay: RelayProcess, request: pytest.FixtureRequest) -> dict[Case, Result]:
    return tried(relay.url, ALL if request.config.getoption("--long") else QUICK)


def marked(case: Case) -> object:
    return pytest.param(case, marks=[] if case in QUICK else pytest.mark.long, id=case.name)


@pytest.mark.parametrize("case", [marked(case) for case in ALL])
def test_ours_conforms(results: dict[Case, Result], case: Case) -> None:
    assert results[case].held, f'"{case.sentence}": {results[case].why}'


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_each_case_holds_a_sentence_of_the_document(case: Case) -> None:
    assert case.sentence in DOCUMENT


def broken_by(lie: str, area: str, folder: Path) -> set[str]:
    """The cases of an area that a relay with this lie breaks."""
    liar = RelayProcess(folder, program=("-m", "tests.relay.liar", lie))
    try:
        chosen = [case for case in ALL if case.area == area and not case.seconds]
        found = asyncio.run(run(Relay(liar.url, patience=3.0), chosen))
    finally:
        liar.stop()
    return {result.case.name for result in found if not result.held}


def of_area(area: str, *words: str) -> set[str]:
    """The cases of an area whose names have one of the words."""
    names = [case.name for case in ALL if case.area == area and not case.seconds]
    return {name for name in names if any(word in name for word in words)}


@pytest.mark.parametrize("area", ["errors", "events", "friends", "limits"])
@pytest.mark.long
def test_the_liars_program_itself_is_honest(tmp_path: Path, area: str) -> None:
    assert broken_by("None", area, tmp_path) == set()


def test_a_relay_that_asks_the_sender_alone_is_found_out(tmp_path: Path) -> None:
    assert broken_by("Careless", "friends", tmp_path) == {
        "to be listed by the sender alone is not enough",
        "a stranger and nobody look the same",
        "who removes a friend hears no more of them",
        "connected lists mutual friends who are there",
        "who becomes a friend is announced to both",
        "who is no friend any more is offline to both",
    }


def test_a_relay_whose_credit_has_no_end_is_found_out(tmp_path: Path) -> None:
    assert broken_by("Spendthrift", "limits", tmp_path) == {
        "who returns nothing gets 256 frames",
        "who returns gets more",
        "who returns nothing gets a megabyte",
        "one who is busy holds up nobody",
        "answers count too",
    }


def test_a_relay_that_takes_any_token_is_found_out(tmp_path: Path) -> None:
    tokens = of_area("signing_in", "is refused", "let in again")
    assert len(tokens) == 17
    assert broken_by("Doorless", "signing_in", tmp_path) == tokens


@pytest.mark.long
def test_a_relay_that_flatters_is_found_out(tmp_path: Path) -> None:
    assert broken_by("Flatterer", "events", tmp_path) == {
        "each recipient who was not reached is named",
        "data of almost a message is too big",
    }


@pytest.mark.long
def test_a_relay_that_answers_knocks_is_found_out(tmp_path: Path) -> None:
    assert broken_by("Gossip", "friends", tmp_path) == {
        "a knock is answered by nothing whether it passes or not"
    }


@pytest.mark.long
def test_a_relay_that_says_nothing_of_errors_is_found_out(tmp_path: Path) -> None:
    closes = of_area("errors", "close", "later version", "neighbours")
    assert broken_by("Deaf", "errors", tmp_path) == of_area("errors", "") - closes


@pytest.mark.long
def test_a_relay_that_makes_nobody_wait_is_found_out(tmp_path: Path) -> None:
    assert broken_by("Boundless", "limits", tmp_path) == {
        "more than the burst is refused with a time",
        "after the time it is taken again",
        "recipients are counted",
        "who goes on regardless is closed",
        "debt outlives the connection",
    }


def test_the_command_says_what_is_broken(relay: RelayProcess) -> None:
    """As `./dev conformance` runs it, with a word to choose by."""
    command = [sys.executable, "-m", "tests.relay.conformance", relay.url, "64 kib", "closes the"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (
        0,
        "ok     a message of 64 kib passes\nok     a newer connection closes the older\n\n"
        "2 held, 0 broken\n",
    )


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("wss://relay.example", "wss://relay.example"),
        ("https://Relay.Example:443/", "wss://relay.example"),
        ("http://127.0.0.1:9000", "ws://127.0.0.1:9000"),
        ("ws://[::1]:9000", "ws://[::1]:9000"),
    ],
)
def test_the_address_in_a_token(url: str, audience: str) -> None:
    assert Relay(url).audience == audience


async def test_a_relay_elsewhere_is_not_made_to_shut_us_out() -> None:
    """Nine failures at once, then one for each that is a minute old; here each has an address."""
    relay = Relay("wss://relay.example")
    async with asyncio.timeout(1):
        for _ in range(FAILURES):
            await relay.dare()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await relay.dare()
    here = Relay("http://127.0.0.1:9000")
    assert here.case(1).source != here.case(2).source
    assert relay.case(1) is relay
