"""Three instances for whoever asks; for programs Alice alone, an idea of hers, and Bob."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from portfolio.models import Friend
from portfolio.sharing import actions
from tests.api.conftest import friend
from tests.api.program import IDEAS
from tests.owner import alice, program
from tests.sharing.world import World, snapshot, the_world

__all__ = ["alice", "program"]


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[World]:
    """Alice, Bob and Charlie, strangers to each other."""
    with the_world(tmp_path) as world:
        yield world


@pytest.fixture
def friends(world: World) -> World:
    """Alice is a friend of Bob and of Charlie, who do not know each other; all are there."""
    world.befriend(world.alice, world.bob)
    world.befriend(world.alice, world.charlie)
    return world


@pytest.fixture
def idea(alice: User) -> str:
    """The address of an idea of hers."""
    return f"{IDEAS}/{actions.create_position(snapshot()).pk}"


@pytest.fixture
def bob(alice: User) -> Friend:
    return friend("Bob")
