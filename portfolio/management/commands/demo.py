"""`manage.py demo`: a relay and some instances on this machine, already friends, for trying out."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portfolio.management.processes import Ended, Program, Roof, on_leash, show

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
NAMES = ["Alice", "Bob", "Charlie", "Dana", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy"]
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ADVICE = "choose others with --port and --relay-port."
#: Requests, a server's greeting and news of no link: they would scroll the sign-in links away.
QUIET = re.compile(
    r"[\d-]+T[\d:]+Z \[INFO\]: (?!Relay )|Performing system checks"
    r"|System check identified no issues|Django version|Starting ASGI|Quit the server"
    r"|\w+ \d\d, \d{4} - |$"
)


@dataclass(frozen=True)
class Person:
    """One instance of the demo."""

    name: str
    port: int
    relay_port: int
    place: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATA_DIR": str(self.place / "demo" / self.name.lower()),
            "DEBUG": "true",
            "BACKEND_URL": self.url,
            "BACKEND_DISPLAY_NAME": self.name,
            "COLLABORATION_SERVICE_URL": f"http://127.0.0.1:{self.relay_port}",
        }

    def program(self) -> Program:
        command = [*MANAGE, "runserver", "--noreload", "--verbosity", "0", f"127.0.0.1:{self.port}"]
        log = self.place / "logs" / f"{self.name.lower()}.log"
        return Program(self.name.lower(), command, self.environment, log, self.port, QUIET)


class Command(BaseCommand):
    help = "Runs a relay and some instances that are friends already. Ctrl+C stops them all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=2, help=f"How many: 2 to {len(NAMES)}")
        parser.add_argument("--port", type=int, default=8000, help="The first instance's; then +1")
        parser.add_argument("--relay-port", type=int, default=9000)
        parser.add_argument("--fresh", action="store_true", help="Forget what was done in the demo")
        parser.add_argument(
            "--place", type=Path, default=settings.BASE_DIR, help="Of demo and logs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = wanted_people(options)
        relay_port, place = options["relay_port"], options["place"].resolve()
        ports = {"the relay": relay_port} | {each.name: each.port for each in people}
        refuse_impossible_ports(ports)
        stop_on_signals()
        forget_surroundings()
        with held_folder(place / "demo"):
            refuse_taken_ports(ports)
            try:
                if options["fresh"]:
                    forget_people(place / "demo")
                links = make_friends(people)
                self.run(people, links, relay_program(relay_port, place / "logs"))
            except Ended as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                show("All stopped.")

    def run(self, people: list[Person], links: dict[str, str], relay: Program) -> None:
        roof = Roof([relay, *(each.program() for each in people)])
        try:
            roof.start()
            self.say(links, relay)
            roof.mind()
        finally:
            roof.stop()

    def say(self, links: dict[str, str], relay: Program) -> None:
        number = NUMBERS[len(links) - 1]
        lines = [
            "",
            f"Everything runs. Each link signs that person in; open them in {number} windows.",
            "",
            *(f"  {name:8} {link}" for name, link in links.items()),
            f"  {'Relay':8} http://127.0.0.1:{relay.port}/health",
            "",
            f"Logs are in {relay.log.parent}. Ctrl+C stops all.",
            "",
        ]
        show("\n".join(lines))


def wanted_people(options: dict[str, Any]) -> list[Person]:
    if not 2 <= options["users"] <= len(NAMES):
        raise CommandError(f"--users is a number from 2 to {len(NAMES)}.")
    return [
        Person(name, options["port"] + number, options["relay_port"], options["place"].resolve())
        for number, name in enumerate(NAMES[: options["users"]])
    ]


def relay_program(port: int, logs: Path) -> Program:
    environment = {"PORT": str(port), "LOG_DIR": str(logs)}
    command = [*MANAGE, "runrelay", f"127.0.0.1:{port}"]
    return Program("relay", command, environment, logs / "relay.log", port)


def forget_surroundings() -> None:
    """The demo's people are told everything by the demo, nothing by the shell it was started in."""
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT"}
    for name in set(os.environ) - kept:
        del os.environ[name]


def refuse_impossible_ports(wanted: dict[str, int]) -> None:
    users: dict[int, str] = {}
    for name, port in wanted.items():
        if not 0 < port < 65_536:
            raise CommandError(f"{port} is no port, and {name} needs one from 1 to 65535: {ADVICE}")
        if port in users:
            raise CommandError(f"Port {port} is wanted by {users[port]} and {name}: {ADVICE}")
        users[port] = name


def refuse_taken_ports(wanted: dict[str, int]) -> None:
    taken = [
        f"Port {port} is taken; {name} needs it." for name, port in wanted.items() if busy(port)
    ]
    if taken:
        raise CommandError("\n".join([*taken, f"Stop what listens there, or {ADVICE}"]))


def busy(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def held_folder(folder: Path) -> IO[str]:
    """Held by one demo at a time, which writes its number into it. Let go of when closed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = (folder / ".lock").open("a+")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        with held:
            held.seek(0)
            raise CommandError(another(folder, held.read())) from error
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def another(folder: Path, process: str) -> str:
    return (
        f"Another demo is running in {folder}. End it with Ctrl+C where it was started or with "
        f"`kill {process}`, or give this one a --place, a --port and a --relay-port of its own."
    )


def forget_people(folder: Path) -> None:
    for old in filter(Path.is_dir, folder.iterdir()):
        shutil.rmtree(old)


def stop_on_signals() -> None:
    """A closed terminal and a polite kill end it as Ctrl+C does."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupt)


def make_friends(people: list[Person]) -> dict[str, str]:
    """Makes and migrates each instance, and introduces those who do not know each other yet; each
    one's sign-in link.
    """
    ideas = {people[0].name: ["--ideas"]}
    words = {
        each.name: ["seed_demo", "--name", each.name, *ideas.get(each.name, [])] for each in people
    }
    cards = {name: json.loads(said) for name, said in ask(people, words).items()}
    strangers = {
        name: ["seed_demo", *friends]
        for name, mine in cards.items()
        if (friends := introductions(mine, [card for card in cards.values() if card is not mine]))
    }
    ask([each for each in people if each.name in strangers], strangers)
    return {name: mine["link"] for name, mine in cards.items()}


def introductions(mine: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """`--friend` for each whom this one does not know, or knows under another address."""
    new = [card for card in others if mine["friends"].get(card["user_id"]) != card["url"]]
    return [word for card in new for word in ("--friend", json.dumps({"card": card["card"]}))]


def ask(people: list[Person], words: dict[str, list[str]]) -> dict[str, str]:
    """Runs a command in each one's instance, side by side; what each wrote to standard output."""
    running = {
        each.name: subprocess.Popen(  # noqa: S603 - our own manage.py
            on_leash([*MANAGE, *words[each.name]]),
            env={**os.environ, **each.environment, "ENABLE_COLLABORATION": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for each in people
    }
    said = {name: process.communicate()[0] for name, process in running.items()}
    failed = [name for name, process in running.items() if process.returncode]
    if failed:
        raise CommandError(f"{words[failed[0]][0]} failed for {', '.join(failed)}: see above.")
    return {name: text.strip() for name, text in said.items()}
