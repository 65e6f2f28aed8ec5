"""What a browser tab shows stays true without a reload.

Promise: a tab that is open, slept, lost its network or outlived a restart of the server shows what
is true now, at the latest one message after its socket is back. Writes go up by HTTP POST; HTML
comes down the socket.

It does not decide who may see what: the view that showed a thing signed its topic (`topics.py`). It
keeps nothing: all of it lives in the memory of one process, and a missed message costs nothing,
because each one says all of a fragment.

A change travels: `push.changed` after commit -> `tabs.py`, the one thread that draws -> the
server's loop -> the tab.
"""
