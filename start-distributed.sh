#!/bin/sh
# A relay and the instances of Alice and Bob on this machine, already friends. Ctrl+C stops them all.
# Options go to the demo: --fresh (forget everything), --users 5 (2 to 10 people), --port, --relay-port,
# --place (the folder of its data and logs).
cd "$(dirname "$0")" || exit 1
if ! command -v python3 >/dev/null; then
    echo "Python 3.11 or newer is needed, and there is no python3." >&2
    exit 1
fi
exec python3 ./dev demo "$@"
