#!/usr/bin/env python
"""Runs a command of the instance, or of the relay, whose settings never load the instance."""

import os
import sys

RELAY_COMMANDS = {"runrelay", "relay_doctor"}


def main() -> None:
    relay = len(sys.argv) > 1 and sys.argv[1] in RELAY_COMMANDS
    # Assigned, not defaulted: a child process inherits the environment of the one that started it.
    os.environ["DJANGO_SETTINGS_MODULE"] = (
        "collab_relay.settings" if relay else "portfolio.settings"
    )
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
