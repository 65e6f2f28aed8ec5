"""The nouns of one person's instance, and their reads.

Models hold columns, constraints and chainable QuerySet reads. They write nothing by themselves:
rows change in the
`actions.py`, `incoming.py` and `link` modules above, each in one transaction. Nothing here imports
anything of ours.
"""

from portfolio.models.link import Friend, Identity, Incoming, Invite, Outgoing
from portfolio.models.notices import Mute, Notice
from portfolio.models.people import ApiToken, KeptAnswer
from portfolio.models.planning import Idea, IdeaVersion, Leg, Tag
from portfolio.models.sharing import Comment, Reaction, Share, SharedPosition, Tombstone, Withdrawal

__all__ = [
    "ApiToken",
    "Comment",
    "Friend",
    "Idea",
    "IdeaVersion",
    "Identity",
    "Incoming",
    "Invite",
    "KeptAnswer",
    "Leg",
    "Mute",
    "Notice",
    "Outgoing",
    "Reaction",
    "Share",
    "SharedPosition",
    "Tag",
    "Tombstone",
    "Withdrawal",
]
