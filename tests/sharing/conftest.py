"""Three instances for whoever asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sharing.world import World, the_world


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
