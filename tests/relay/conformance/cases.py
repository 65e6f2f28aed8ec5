"""Tries what docs/protocol.md promises of a relay, from outside, with keys made for it."""

from . import errors, events, friends, limits, signing_in  # noqa: F401  # they add their cases
from .suite import CASES

ALL = CASES
