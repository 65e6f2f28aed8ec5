"""Sharing: who may read a position of mine, what is said about it, and what friends share with me.

Promise: what I share reaches exactly the friends I chose, each change in order; what I take back is
served to nobody from that commit on and is erased at theirs. A position has one writer, its owner;
a thread has one order, its owner's numbers; a comment has one author, who alone changes it.
It keeps snapshots (plain JSON with a version) and never looks inside; it does not deliver (`link`)
and cannot make a dishonest friend forget.
Life cycle: rows; the fetcher is started by `asgi.py`. Threads: actions run in any, `incoming` in
the link's, `fetching` has one of its own. Imported by `planning` and the wiring.
"""
