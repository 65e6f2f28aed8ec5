"""The rules of docs/architecture.md that a machine can see, as functions from source to complaints.

A rule takes the text of one file and its path and returns one line a fault: where, and what to do
instead. Rules read syntax only: they import nothing of the project, so they also judge code that
does not run yet. `tests/test_architecture.py` says which files each rule is for, feeds each one a
bad and a good snippet, and keeps the exemptions with their reasons.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*patterns: str) -> list[str]:
    """Paths below the root, sorted; what makemigrations wrote and what is vendored is left out."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    names = sorted(path.relative_to(ROOT).as_posix() for path in found)
    return [n for n in names if "/migrations/" not in n and "/vendor/" not in n]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def calls(source: str) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a method or function, with the last part of its name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            yield node, str(name)


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Every imported name in full: `from a import b` is `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def functions(source: str) -> list[Function]:
    return [n for n in ast.walk(ast.parse(source)) if isinstance(n, Function)]


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


# Rule 2: writes live in actions.py.

ALWAYS_WRITES = {
    f"{prefix}{name}"
    for prefix in ("", "a")
    for name in (
        "save",
        "create",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "bulk_update",
    )
}


def _is_write(call: ast.Call, name: str) -> bool:
    """On rows `update` takes keywords alone and `delete` nothing; elsewhere they take more."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if name in {"update", "aupdate"}:
        return bool(call.keywords) and not call.args
    if name in {"delete", "adelete"}:
        return not call.args and not call.keywords
    return name in ALWAYS_WRITES


def writes(source: str, path: str) -> list[str]:
    return [
        f"{path}:{call.lineno} writes with .{name}(): let an action do it"
        for call, name in calls(source)
        if _is_write(call, name)
    ]


def _answers(function: Function) -> bool:
    """A view's `delete` is HTTP's."""
    return "request" in {argument.arg for argument in function.args.args}


def hidden_logic(source: str, path: str) -> list[str]:
    """Signals and overridden save() run where nobody looks for them."""
    signals = [
        f"{path}:{line} imports {name}: call the function from the action instead"
        for line, name in imported(source)
        if re.match(r"django\.(db\.models\.signals|dispatch)\b", name)
    ]
    overridden = [
        f"{path}:{function.lineno} defines {function.name}(): an action does this"
        for function in functions(source)
        if function.name in {"save", "delete", "asave", "adelete"} and not _answers(function)
    ]
    return signals + overridden


# Rule 3: permission is a read, behind access.py.


def unguarded_reads(source: str, path: str) -> list[str]:
    found = []
    for call, name in calls(source):
        chain = ast.unparse(call.func)
        if name.endswith("get_object_or_404") or re.search(r"\bobjects\b.*\.a?get$", chain):
            found.append(f"{path}:{call.lineno} fetches a row by itself: ask access.py for it")
    return found


# Rule 5: an effect never does I/O.

DOES_IO = (
    r"(socket|ssl|http|urllib|requests|websocket|subprocess|asyncio)\b"
    r"|time\.sleep|portfolio\.link\.(peers|client)\b"
)


def effects_with_io(source: str, path: str) -> list[str]:
    return [
        f"{path}:{line} imports {name}: an effect only notes what is wanted, a worker fetches it"
        for line, name in imported(source)
        if re.match(DOES_IO, name)
    ]


# Rule 6: dispatch is a dict.


def _compared(test: ast.expr) -> str | None:
    """What `x == "name"` compares, or None."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        right = test.comparators[0]
        if isinstance(right, ast.Constant) and isinstance(right.value, str):
            return ast.dump(test.left)
    return None


def _branches(node: ast.If) -> int:
    subject, count = _compared(node.test), 1
    while subject and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        count += _compared(node.test) == subject
    return count if subject else 0


def if_chains(source: str, path: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        named = isinstance(node, ast.Match) and sum(
            isinstance(case.pattern, ast.MatchValue) for case in node.cases
        )
        if (isinstance(node, ast.If) and _branches(node) >= 4) or (named and named >= 4):
            found.append(f"{path}:{node.lineno} chooses by name: a dict from name to function")
    return found


# Rule 7: sizes.


def long_functions(source: str, path: str) -> list[str]:
    return [
        f"{path}:{function.lineno} {function.name} has {length(function)} lines, 50 are allowed"
        for function in functions(source)
        if length(function) > 50
    ]


def long_file(source: str, path: str) -> list[str]:
    lines, limit = source.count("\n"), 500 if path.startswith("tests/") else 300
    return [f"{path} has {lines} lines, {limit} are allowed"] if lines > limit else []


# Rule 9: a module says what it promises.


def module_docstring(source: str, path: str) -> list[str]:
    tree = ast.parse(source)
    text = (ast.get_docstring(tree) or "").strip()
    lines = len(text.splitlines())
    least = 3 if source.count("\n") > 30 else 1
    if not tree.body or least <= lines <= 15:
        return []
    return [f"{path} has a docstring of {lines} lines: say what it promises, in {least} to 15"]


# Rule 11: how tests are written.


def manners(source: str, path: str) -> list[str]:
    """Functions, not classes; nothing of our own is replaced by a mock."""
    found = [
        f"{path}:{node.lineno} is a class: write functions named test_<thing>_<condition>"
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    found += [
        f"{path}:{line} imports {name}: use a fake that we ship, or a real server"
        for line, name in imported(source)
        if re.match(r"unittest\.mock|mock\b", name)
    ]
    found += [
        f"{path}:{call.lineno} replaces our own code: use a fake that we ship, or a real server"
        for call, name in calls(source)
        if name in {"setattr", "patch"}
        and call.args
        and re.match(r"'(portfolio|collab_relay)\.", ast.unparse(call.args[0]))
    ]
    return found


# No promises, no silence without a reason.


def unfinished(source: str, path: str) -> list[str]:
    words = r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b"
    return [
        f"{path}:{number} promises something: do it or leave it out"
        for number, line in enumerate(source.splitlines(), 1)
        if re.search(words, line)
    ]


def comments(source: str) -> Iterator[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return ((t.start[0], t.string) for t in tokens if t.type == tokenize.COMMENT)


def silenced(source: str, path: str) -> list[str]:
    """`# noqa` and `# type: ignore` name their rule and give a reason, behind them or above."""
    lines = ["", *source.splitlines()]
    found = []
    for number, text in comments(source):
        mark = re.match(r"#\s*(?:noqa|type:\s*ignore)(.*)$", text)
        named = r"(?:: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|\[[\w, -]+\])\s*(.*)"
        reason = mark and re.match(named, mark.group(1))
        above = lines[number - 1].strip().startswith("#")
        if mark and not (reason and (above or len(reason.group(1)) > 8)):
            found.append(f"{path}:{number} silences a check: name the rule and say why")
    return found


# Templates: fragments know nobody, forms work without JavaScript, the policy allows nothing inline.

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
PERSON = re.compile(r"(?<![\w.])(request|user|csrf_token|perms)(?![\w=])")
PLAIN = re.compile(r"\b(form)?action=|\bhref=|\bhx-trigger=|^<button\b.*\bname=", re.S)


def fragment_knows_who(source: str, path: str) -> list[str]:
    return [
        f"{path} mentions {word.group(1)}: a fragment looks the same to everybody"
        for tag in TAG.findall(source)
        for word in PERSON.finditer(re.sub(r"\"[^\"]*\"|'[^']*'", "", tag))
    ]


def needs_javascript(source: str, path: str) -> list[str]:
    """An htmx post is also a form's, a named button's in its form, or a link to a page that asks.
    With hx-trigger nobody presses it, so there is nothing to miss.
    """
    plain = TAG.sub("x", source)
    return [
        f"{path} has {method} without action, formaction or href: a plain request must do the same"
        for tag in re.findall(r"<\w[^<>]*>", plain)
        for method in re.findall(r"\bhx-(?:post|put|patch|delete)=", tag)
        if method != "hx-post=" or not PLAIN.search(tag)
    ]


def inline_code(source: str, path: str) -> list[str]:
    data = r"[^>]*(\bsrc=|type=\"application/json\")"
    bad = rf"<script(?!{data})|<style\b|\sstyle=|\son[a-z]+=|javascript:"
    return [
        f"{path} holds {hit.group(0).strip()}: the content policy allows files of ours only"
        for hit in re.finditer(bad, TAG.sub("x", source))
    ]


# Names of things, for the tests that compare lists.


def strings(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def fragment_templates() -> list[str]:
    """Templates named in a fragments.py, and those they include."""
    waiting = {s for f in files("portfolio/**/fragments.py") for s in strings(read(f))}
    found: set[str] = set()
    while waiting:
        name = f"templates/{waiting.pop()}"
        if name.endswith(".html") and name not in found and (ROOT / name).exists():
            found.add(name)
            waiting |= set(re.findall(r"\{%\s*include\s+\"([^\"]+)\"", read(name)))
    return sorted(found)
