"""`manage.py demo`: a relay and some instances on this machine, already friends, for trying out."""

from __future__ import annotations

import fcntl
import json
import os
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
NAMES = ["Alice", "Bob", "Charlie", "Dana", "Eve", "Frank"]


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
        return Program(self.name.lower(), command, self.environment, log, self.port)


class Command(BaseCommand):
    help = "Runs a relay and some instances that are friends already. Ctrl+C stops them all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=2, help="How many: 2 to 6")
        parser.add_argument("--port", type=int, default=8000, help="The first instance's; then +1")
        parser.add_argument("--relay-port", type=int, default=9000)
        parser.add_argument("--fresh", action="store_true", help="Forget what was done in the demo")
        parser.add_argument(
            "--place", type=Path, default=settings.BASE_DIR, help="Of demo and logs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = wanted_people(options)
        relay_port, place = options["relay_port"], options["place"].resolve()
        forget_surroundings()
        refuse_taken_ports({"The relay": relay_port} | {each.name: each.port for each in people})
        with held_folder(place / "demo", options["fresh"]):
            stop_on_signals()
            try:
                make_friends(people)
                self.run(people, relay_program(relay_port, place / "logs"))
            except Ended as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                show("All stopped.")

    def run(self, people: list[Person], relay: Program) -> None:
        roof = Roof([relay, *(each.program() for each in people)])
        try:
            roof.start()
            links = ask(people, {each.name: ["sign_in_link"] for each in people})
            self.say(links, relay)
            roof.mind()
        finally:
            roof.stop()

    def say(self, links: dict[str, str], relay: Program) -> None:
        lines = [
            "",
            "Everything runs. Each link signs that person in; open them in two windows.",
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


def refuse_taken_ports(wanted: dict[str, int]) -> None:
    taken = [
        f"Port {port} is taken; {name} needs it." for name, port in wanted.items() if busy(port)
    ]
    if taken:
        advice = "Stop what listens there, or choose others with --port and --relay-port."
        raise CommandError("\n".join([*taken, advice]))


def busy(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def held_folder(folder: Path, fresh: bool) -> IO[str]:
    """Held by one demo at a time, and emptied first if so asked. Let go of when closed."""
    folder.mkdir(parents=True, exist_ok=True)
    held = (folder / ".lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise CommandError(f"Another demo is running in {folder}.") from error
    if fresh:
        for old in filter(Path.is_dir, folder.iterdir()):
            shutil.rmtree(old)
    return held


def stop_on_signals() -> None:
    """A closed terminal and a polite kill end it as Ctrl+C does."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupt)


def make_friends(people: list[Person]) -> None:
    """Makes and migrates each instance, and introduces those who do not know each other yet."""
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


def introductions(mine: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """`--friend` for each whom this one does not know, or knows under another address."""
    new = [card for card in others if mine["friends"].get(card["user_id"]) != card["url"]]
    return [word for card in new for word in ("--friend", json.dumps({**card, "friends": {}}))]


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
