"""The rules of docs/architecture.md, checked. A failure says which line to mend and how.

Every rule is shown to bite: it is fed a bad snippet that it must catch and a good one that it must
let pass. An exemption carries its reason, and one that nothing needs any more is a failure too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tests import house
from tests.house import ROOT, files, functions, length, read

# (rule, file) -> why this file may break it.
EXEMPT: dict[tuple[str, str], str] = {
    ("long_file", "dev"): "one file, so that a fresh clone needs nothing else to start it",
    ("long_file", "collab_relay/protocol.py"): "the whole wire on one page, beside its document",
}

# Modules whose test does not stand at its mirrored place, and why.
NO_MIRROR: dict[str, str] = {
    "urls.py": "every test of a page or socket goes through it",
    "asgi.py": "every test with a real process goes through it",
    "portfolio/apps.py": "names the app and starts nothing",
    "portfolio/link/hooks.py": "names the shapes of what is handed over, and does nothing",
    "portfolio/wiring.py": "hands things over; every test with a real process goes through it",
}

PURE = [
    "collab_relay.protocol",
    "collab_relay.directory",
    "collab_relay.bus",
    "collab_relay.elsewhere",
    "collab_relay.lines",
    "collab_relay.neighbours",
    "collab_relay.traffic",
    "collab_relay.hub",
    "collab_relay.limits",
    "portfolio.link.events",
    "portfolio.link.stream",
    "portfolio.sharing.presence.board",
    "portfolio.brokers",
    "portfolio.planning.strategies",
    "portfolio.planning.pricing",
    "portfolio.planning.payoff",
    "portfolio.rooms.roles",
    "portfolio.rooms.presence",
    "portfolio.rooms.playback",
]

PROGRAMS = ("portfolio/**/*.py", "collab_relay/**/*.py", "observability/**/*.py")
CODE = files(*PROGRAMS, "manage.py", "dev")
TESTS = files("tests/**/*.py")
TEMPLATES = files("templates/**/*.html")
MAY_WRITE = ("portfolio/link/", "portfolio/models/")
FACES = ("views.py", "api.py", "consumer.py", "admin.py")


def named(*names: str) -> list[str]:
    return [path for path in CODE if Path(path).name in names]


@dataclass(frozen=True)
class Rule:
    """One check, the files it is for, and a pair of snippets that prove it."""

    check: Callable[[str, str], list[str]]
    files: list[str]
    bad: str
    good: str

    def complaints(self) -> list[str]:
        return [line for path in self.files for line in self.judge(path)]

    def judge(self, path: str) -> list[str]:
        try:
            return self.check(read(path), path)
        except SyntaxError as error:
            return [f"{path}:{error.lineno} is no Python 3.{sys.version_info.minor}: {error.msg}"]


RULES = [
    Rule(
        house.writes,
        [
            path
            for path in CODE
            if path.startswith("portfolio/")
            and not path.startswith(MAY_WRITE)
            and Path(path).name not in {"actions.py", "incoming.py"}
        ],
        "Idea.objects.filter(id=1).update(status='open')",
        "digest.update(b'x'); seen.update({1: 2}); client.delete('/x'); actions.create_idea(1)",
    ),
    Rule(
        house.hidden_logic,
        CODE,
        "from django.db.models.signals import post_save",
        "from django.db import models\nclass A(APIView):\n    def delete(self, request): ...",
    ),
    Rule(
        house.unguarded_reads,
        named(*FACES),
        "idea = Idea.objects.get(uid=uid)",
        "idea = access.owner_of(uid)\nrows = Idea.objects.open()[:50]\nx = cache.get('a')",
    ),
    Rule(
        house.effects_with_io,
        named("incoming.py"),
        "from portfolio.link import peers",
        "from portfolio.link import outbox",
    ),
    Rule(
        house.if_chains,
        CODE,
        "if a == 'b': f()\nelif a == 'c': g()\nelif a == 'd': h()\nelif a == 'e': i()",
        "if a == 'b': f()\nelif a == 'c': g()\nelse: h()",
    ),
    Rule(
        house.long_functions,
        CODE + TESTS,
        "def f():\n" + "    x = 1\n" * 50,
        "def f():\n" + "    x = 1\n" * 49,
    ),
    Rule(house.long_file, CODE + TESTS, "x = 1\n" * 501, "x = 1\n" * 300),
    Rule(
        house.module_docstring,
        [path for path in CODE if "/commands/" not in path],
        '"""Too short."""\n' + "x = 1\n" * 40,
        '"""Keeps its word.\n\nAlways.\n"""\n' + "x = 1\n" * 40,
    ),
    Rule(
        house.manners,
        TESTS,
        "from unittest.mock import patch",
        "def test_a(monkeypatch): monkeypatch.setattr('time.time', int)",
    ),
    Rule(
        house.unfinished,
        CODE + TEMPLATES + files("static/*.js", "static/*.css"),
        "x = 1  # TODO mend",
        "todos = 1",
    ),
    Rule(
        house.silenced,
        CODE + TESTS,
        "x = 1  # noqa: S101",
        "x = 1  # noqa: S101  # the text is a constant of ours",
    ),
    Rule(
        house.fragment_knows_who,
        house.fragment_templates(),
        "<p>{% if user.is_staff %}x{% endif %}</p>",
        "<p>{{ comment.user }} {{ friend.name }} the user</p>",
    ),
    Rule(
        house.needs_javascript,
        TEMPLATES,
        '<button hx-post="/x">Go</button>',
        '<button form="post" formaction="/x" hx-post="{% url "x" %}">Go</button>',
    ),
    Rule(
        house.inline_code,
        TEMPLATES,
        '<p style="color: red">x</p>',
        '<script src="/static/app.js"></script><p class="style">on click</p>',
    ),
]


def name_of(rule: Rule) -> str:
    return rule.check.__name__


def excused(rule: Rule, line: str) -> bool:
    return any(name == name_of(rule) and line.startswith(path) for name, path in EXEMPT)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_holds(rule: Rule) -> None:
    faults = [line for line in rule.complaints() if not excused(rule, line)]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_bites(rule: Rule) -> None:
    place = "tests/x.py" if rule.check is house.long_file else "x.py"
    assert len(rule.check(rule.bad, place)) == 1
    assert rule.check(rule.good, place) == []


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        (house.writes, "idea.save()"),
        (house.writes, "idea.delete()"),
        (house.writes, "Idea.objects.bulk_create(rows)"),
        (house.hidden_logic, "class A:\n    def save(self): ..."),
        (house.unguarded_reads, "get_object_or_404(Idea, uid=uid)"),
        (house.effects_with_io, "import socket"),
        (house.if_chains, "match a:\n" + "".join(f"    case '{n}': pass\n" for n in "abcd")),
        (house.module_docstring, "x = 1"),
        (house.manners, "class TestThing: ..."),
        (house.manners, "monkeypatch.setattr('portfolio.link.outbox.put', f)"),
        (house.silenced, "x = 1  # type: ignore"),
        (house.fragment_knows_who, "{{ request.path }}"),
        (house.fragment_knows_who, "<form>{% csrf_token %}</form>"),
        (house.needs_javascript, '<button hx-delete="/x" formaction="/x">Go</button>'),
        (house.inline_code, "<script>go()</script>"),
        (house.inline_code, '<p onclick="go()">x</p>'),
    ],
)
def test_rule_bites_also(check: Callable[[str, str], list[str]], bad: str) -> None:
    assert len(check(bad, "x.py")) == 1


def test_exemptions_are_needed() -> None:
    rules = {name_of(rule): rule for rule in RULES}
    useless = [
        f"{path} keeps {name}: drop the exemption"
        for name, path in EXEMPT
        if not any(line.startswith(path) for line in rules[name].complaints())
    ]
    assert useless == []


# Sizes of the whole.


def too_long(lengths: list[int], middle: int) -> str:
    """What is wrong with these lengths, or nothing; a handful of functions proves nothing."""
    if len(lengths) < 20:
        return ""
    short = sum(n <= 25 for n in lengths) / len(lengths)
    figures = f"{len(lengths)} functions, median {median(lengths)}, {short:.0%} up to 25 lines"
    return figures if median(lengths) > middle or short < 0.9 else ""


def lengths_in(paths: list[str]) -> list[int]:
    return [length(function) for path in paths for function in functions(read(path))]


def test_functions_are_short() -> None:
    longest = sorted(((n, path) for path in CODE for n in lengths_in([path])), reverse=True)
    assert too_long(lengths_in(CODE), middle=8) == "", longest[:20]


def test_views_are_short() -> None:
    views = named("views.py")
    assert too_long(lengths_in(views), middle=12) == "", [(p, lengths_in([p])) for p in views]


def test_sizes_bite() -> None:
    assert too_long([8] * 18 + [30] * 2, middle=8) == ""
    assert too_long([9] * 20, middle=8) == "20 functions, median 9.0, 100% up to 25 lines"
    assert too_long([1] * 17 + [26] * 3, middle=8) != ""


# Imports.


def module_path(name: str) -> Path:
    path = ROOT / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def contracts() -> dict[str, dict[str, list[str]]]:
    tools = tomllib.loads(read("pyproject.toml"))["tool"]
    return {c["id"]: c for c in tools["importlinter"]["contracts"]}


def test_pure_contract_names_every_pure_module() -> None:
    built = [name for name in PURE if module_path(name).exists()]
    assert contracts()["pure"]["source_modules"] == built, (
        "mend the pure contract in pyproject.toml"
    )


def loaded_frameworks(names: list[str]) -> str:
    """The frameworks that a fresh process holds after importing these modules."""
    code = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
print(*sorted({{"django", "channels", "rest_framework"}} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_pure_modules_load_no_framework() -> None:
    assert loaded_frameworks([name for name in PURE if module_path(name).exists()]) == ""


def test_framework_check_bites() -> None:
    assert loaded_frameworks(["django.conf"]) == "django"


BROKEN = {
    "portfolio/models/idea.py": "import portfolio.sharing.actions",  # up
    "portfolio/planning/views.py": "import portfolio.rooms.views",  # sideways
    "portfolio/rooms/views.py": "import collab_relay.hub",  # more than the protocol
    "portfolio/surprise.py": "",  # on no layer
    "portfolio/link/events.py": "import django",  # not pure
    "collab_relay/views.py": "import portfolio.models.idea",  # the relay looks up
    "observability/logs.py": "import collab_relay.hub",  # knows one of the programs
}


def test_import_contracts_bite(tmp_path: Path) -> None:
    sound = [f"{name.replace('.', '/')}.py" for name in contracts()["pure"]["source_modules"]]
    needed = ["collab_relay/hub.py", "collab_relay/protocol.py", "portfolio/sharing/actions.py"]
    for path, text in {**dict.fromkeys(sound + needed, ""), **BROKEN}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for folder in list(file.parents)[: len(Path(path).parents) - 1]:
            (folder / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    program = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run(
        [program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    kept = [line for line in run.stdout.splitlines() if line.endswith("KEPT")]
    assert (run.returncode, kept) == (1, [])
    assert "portfolio.surprise" in run.stdout
    assert "portfolio.planning is not allowed to import portfolio.rooms" in run.stdout
    assert "portfolio.models is not allowed to import portfolio.sharing" in run.stdout


# Tests mirror the code.


def mirror(path: str) -> str:
    """Where the tests of a module begin: tests/link/test_outbox for portfolio/link/outbox.py."""
    parts = path.removesuffix(".py").split("/")
    if parts[0] == "collab_relay":
        return f"tests/relay/test_{parts[-1]}"
    if parts[0] == "observability":
        return f"tests/observability/test_{parts[-1]}"
    if parts[-2] == "commands":
        return f"tests/commands/test_{parts[-1]}"
    return "/".join(["tests", *parts[1:-1], f"test_{parts[-1]}"])


def untested(code: list[str], tests: list[str]) -> list[str]:
    """Modules without a test_<module>.py or test_<module>_<part>.py at the mirrored place."""
    excused_ones = {"__init__.py", *NO_MIRROR}
    modules = [p for p in code if "/" in p and not {p, Path(p).name} & excused_ones]
    starts = {path: (f"{mirror(path)}.py", f"{mirror(path)}_") for path in modules}
    return [
        f"{path} has no {starts[path][0]}"
        for path in modules
        if not any(test.startswith(starts[path]) for test in tests)
    ]


def test_every_module_has_its_tests() -> None:
    faults = untested(CODE, TESTS)
    assert not faults, "\n".join(["", *faults])


def test_mirror_bites() -> None:
    code = ["portfolio/link/outbox.py", "portfolio/access.py", "collab_relay/hub.py", "manage.py"]
    assert untested(code, ["tests/test_access.py", "tests/relay/test_hub_storm.py"]) == [
        "portfolio/link/outbox.py has no tests/link/test_outbox.py"
    ]
