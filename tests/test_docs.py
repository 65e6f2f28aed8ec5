"""What can be named is documented: settings, commands, events, frames; what is told exists.

Names are read from the source, so a new one fails here until a page tells what it is for. The
examples of docs/protocol.md are decoded by the real decoders.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from tests import conftest
from tests.house import ROOT, calls, files, read

DOCS = files("*.md", "docs/**/*.md")
SETTINGS = files("portfolio/settings.py", "collab_relay/settings.py")
COMMANDS = files("*/management/commands/[!_]*.py")
DJANGO_COMMANDS = {
    "migrate",
    "makemigrations",
    "createsuperuser",
    "collectstatic",
    "check",
    "shell",
}
ONE_WORD = {"PORT", "DEBUG"}


def environment_names(source: str) -> set[str]:
    """Names handed to a call first, `flag("DEBUG", False)`, or taken from os.environ."""
    firsts = [call.args[0] for call, _ in calls(source) if call.args]
    firsts += [
        node.slice
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ")
    ]
    words = {node.value for node in firsts if isinstance(node, ast.Constant)}
    return {
        word
        for word in words
        if isinstance(word, str) and (word in ONE_WORD or re.fullmatch(r"[A-Z]+(_[A-Z\d]+)+", word))
    }


def table_names(text: str) -> set[str]:
    """The names in the first column of the tables of settings: | `DEBUG` | ..."""
    return set(re.findall(r"^\| `([A-Z][A-Z_\d]+)`", text, re.M))


def event_names(source: str) -> set[str]:
    """What `name = "comment_added"` says in a class."""
    return {
        node.value.value
        for parent in ast.walk(ast.parse(source))
        if isinstance(parent, ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and ast.unparse(node).startswith("name")
        and isinstance(node.value, ast.Constant)
    }


def frame_types(source: str) -> set[str]:
    return {
        keyword.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "tag" and isinstance(keyword.value, ast.Constant)
    }


def missing(names: set[str], text: str) -> list[str]:
    """Names that the text never shows as `code` or in an example's quotes."""
    return sorted(name for name in names if not re.search(rf"[`\" ]{re.escape(name)}[`\" ]", text))


def invented_commands(text: str, known: set[str]) -> list[str]:
    """Commands that the text tells people to run and that do not exist."""
    told = re.findall(r"(?:manage\.py|(?<=\s)\./dev|`\./dev) ([a-z_]+)", text)
    return sorted(set(told) - known)


def broken_links(text: str, folder: Path) -> list[str]:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    return [x for x in links if "://" not in x and not (folder / x).exists()]


def everything() -> str:
    return "\n".join(read(path) for path in DOCS)


def read_if_there(path: str) -> str:
    return read(path) if (ROOT / path).exists() else ""


def dev_commands() -> set[str]:
    found = re.findall(r"^\s+\"([a-z]+)\": ", read_if_there("dev"), re.M)
    return set(found)


def test_settings_are_in_the_readme_and_no_others() -> None:
    known = {name for path in SETTINGS for name in environment_names(read(path))}
    assert missing(known, read_if_there("README.md")) == []
    if len(SETTINGS) == 2:
        told = table_names(read_if_there("README.md"))
        used = {
            name for path in files("portfolio/**/*.py") for name in re.findall(r"\w+", read(path))
        }
        assert sorted(told - known - used) == []


def test_commands_are_documented() -> None:
    assert missing({Path(path).stem for path in COMMANDS}, everything()) == []


def test_documented_commands_exist() -> None:
    known = {Path(path).stem for path in COMMANDS} | dev_commands() | DJANGO_COMMANDS
    assert invented_commands(everything(), known) == []


def test_events_are_documented() -> None:
    names = event_names(read_if_there("portfolio/link/events.py"))
    assert missing(names, read_if_there("docs/protocol.md")) == []


def test_frames_are_documented() -> None:
    names = frame_types(read_if_there("collab_relay/protocol.py"))
    assert missing(names, read_if_there("docs/protocol.md")) == []


@pytest.mark.parametrize("path", DOCS)
def test_links_lead_somewhere(path: str) -> None:
    assert broken_links(read(path), (ROOT / path).parent) == []


@pytest.mark.parametrize("path", [*DOCS, *files("requirements*.txt", "*.toml")])
def test_no_place_of_one_machine_is_named(path: str) -> None:
    assert re.findall(r"(?:/(?:root|work|Users)/\S+|--(?:extra-)?index-url)", read(path)) == []


def examples(text: str) -> list[str]:
    """The lines of ```json blocks, each one frame or event."""
    blocks = re.findall(r"```json\n(.*?)```", text, re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def message_kinds(source: str) -> set[str]:
    """`class Receipt(Message, ...)` is the kind "receipt"."""
    return {
        node.name.lower()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and "Message" in map(ast.unparse, node.bases)
    }


def test_examples_of_the_protocol_decode() -> None:
    shown: set[str] = set()
    for line in examples(read_if_there("docs/protocol.md")):
        shown |= decoded(line)
    names = frame_types(read_if_there("collab_relay/protocol.py"))
    names |= event_names(read_if_there("portfolio/link/events.py"))
    names |= message_kinds(read_if_there("portfolio/link/messages.py"))
    assert sorted(names - shown) == [], "each needs a line in a ```json block of docs/protocol.md"


def decoded(line: str) -> set[str]:
    """What an example shows (type, kind, name), after the real decoders have taken it."""
    example = json.loads(line)
    return decoded_message(line) if "kind" in example else decoded_frame(line, example["type"])


def decoded_message(line: str) -> set[str]:
    from portfolio.link import events, messages

    (message,) = messages.decode(line.encode())
    kind = type(message).__name__.lower()
    if not isinstance(message, messages.Event):
        return {kind}
    events.decode(message.name, bytes(message.body))
    return {kind, message.name}


def decoded_frame(line: str, name: str) -> set[str]:
    from collab_relay import protocol

    found = [*protocol.decode_from_instance(line), *protocol.decode_from_relay(line)]
    assert [frame for frame in found if not isinstance(frame, protocol.Refused)], line
    return {name}


def test_tests_that_are_named_exist() -> None:
    sources = "\n".join(read(path) for path in files("tests/**/*.py"))
    named = set(re.findall(r"`(test_\w+)`", everything()))
    assert sorted(name for name in named if f"def {name}(" not in sources) == []


def test_every_scenario_of_the_relay_has_a_test() -> None:
    rows = re.findall(r"^\| ([A-Z]\d) \|.*\| `(?:test_|\./dev bench)", read("docs/relay.md"), re.M)
    wanted = ["K1", "K6", "P1", "P2", "P3", "P6", "N2", "S1", "S2", "S3", "S4", "S5", "S6"]
    assert rows == [*wanted, "F1", "F2", "A1", "A2", "A3"]


# That each of these can fail.


def test_environment_names_are_found() -> None:
    source = (
        'a = flag("DEBUG", False)\nb = os.environ["DATA_DIR"]\nc = stop("POST", "x")\nd = "NO_CALL"'
    )
    assert environment_names(source) == {"DEBUG", "DATA_DIR"}


def test_names_are_found() -> None:
    assert event_names('class A:\n    name = "opened"\n    text: str') == {"opened"}
    assert frame_types('class A(Frame, tag="ping"):\n    pass') == {"ping"}
    assert message_kinds("class Get(Message, frozen=True): ...\nclass B(C): ...") == {"get"}
    assert table_names("| `DEBUG` | off |\n| name | x |\n`OTHER`") == {"DEBUG"}


def test_missing_names_are_told() -> None:
    assert missing({"ping", "pong", "opened"}, 'Send `ping`, get {"type":"pong"}.') == ["opened"]


def test_invented_commands_are_told() -> None:
    text = "Run `./dev test`, then\n ./dev fly and `python manage.py swim`."
    assert invented_commands(text, {"test"}) == ["fly", "swim"]


def test_broken_links_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    text = "[a](a.md#part) [b](b.md) [c](https://example.org)"
    assert broken_links(text, tmp_path) == ["b.md"]


def test_examples_are_found() -> None:
    assert examples('x\n```json\n{"a":1}\n\n{"b":2}\n```\n```sh\nls\n```') == ['{"a":1}', '{"b":2}']


def test_tests_start_without_any_setting() -> None:
    known = {name for path in SETTINGS for name in environment_names(read(path))}
    assert sorted(known - set(conftest.SETTINGS) - {"DATA_DIR", "ENABLE_COLLABORATION"}) == []
