"""Presence: who looks at an idea right now, and who is typing there.

Promise: what a tab says reaches those friends alone who may read that idea, while both are online,
and is forgotten by itself; a friend's word counts only for what they may read, and costs little
however often it comes. It is kept in the memory of the process that holds the link, never in the
database and never in a log. Whoever does not show it does not see it: docs/presence.md.
"""
