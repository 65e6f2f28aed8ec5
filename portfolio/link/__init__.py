"""The link: everything that passes between this instance and its friends' instances.

Promise: what an action wrote for a friend reaches that friend once, whole, in order and
unread by anybody else, or the friend gets the current state instead; kill -9 of anything at
any moment, a lost or lying relay and a restored backup change nothing about this.
It does not know what an event means (handlers are handed over), never writes to a browser
(`live` does), and never talks to a broker.
Life cycle: started once per serving process by `asgi.py`, held by one process at a time.
Threads: one thread for the socket; rows are the only thing it shares with the others.
Imported by `friends`, `sharing`, `rooms` and the wiring; imports `access`, `models` and the
relay's `protocol` only. `messages.py` and `stream.py` are pure.
"""
