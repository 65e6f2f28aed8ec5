"""What goes with the words of a discussion: signs put on a comment, and how far somebody has read.

Promise: a sign is its person's alone, all of theirs on a comment replace each other as a whole, and
everybody who may read the discussion comes to see the same ones. Who has read how far is told to
the owner and by the owner, never among readers, and not at all by who does not show presence.
"""
