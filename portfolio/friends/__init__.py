"""Friends: people whose key was accepted on both sides, and how that begins and ends.

Promise: nobody becomes a friend without a code that was handed over outside of the relay, and
nobody stays one against my will. A code works once, for a week, until it is revoked; a friend who
is removed or blocked can fetch and send nothing from that moment on.

It knows shares and copies only as rows that end with a friendship: see `portfolio.sharing`.
"""
