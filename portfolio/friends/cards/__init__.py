"""Cards after the beginning: my own when my key changes, and what a friend's new one does here.

Promise: an address that a friend says they have moved to is called only after the person has said
so, and is asked about once; until then nothing of that friend's is called at all.
"""
