"""What docs/protocol.md promises of a relay, tried from outside: `./dev conformance wss://...`.

Needs nothing but the address. Every case makes keys of its own, names the sentence it holds the
relay to, and shares no code with our relay: it can fail ours, and pass another.
"""
