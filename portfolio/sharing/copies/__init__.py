"""Copies: what friends share with me, kept as their owners say and erased when they take it back.

Promise: a copy changes by its owner's events and by an answer its owner sealed, never otherwise,
and nothing about a copy is left when its share ends but ids. In order of the owner's stream, never
by version or revision; a copy whose owner was not heard for its lease is hidden by its QuerySet.
"""
