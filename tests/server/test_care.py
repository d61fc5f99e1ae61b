"""The care of memory, with Python's own collector: what is frozen, what comes back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pages._server.care import Care
from pages._shared.host.sessions import Sessions
from tests.server.test_sessions import Clock


class Held:
    """Something that refers to itself: only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@dataclass
class House:
    """A server's care whose readers, tables and clock are set by hand."""

    clock: Clock
    sessions: Sessions
    care: Care
    tables: int = 0
    made: int = 0


@pytest.fixture
def house() -> Iterator[House]:
    clock = Clock()
    sessions = Sessions(clock=clock)
    found = House(clock, sessions, Care(sessions, lambda: 0, lambda: 0, clock=clock))
    found.care.tables = lambda: found.tables
    found.care.made = lambda: found.made
    gc.disable()  # what is collected here is collected on purpose
    yield found
    gc.unfreeze()
    gc.enable()


def _is_walked(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects())


def test_what_is_made_for_all_is_no_longer_walked(house: House) -> None:
    kept = Held()
    assert _is_walked(kept)
    house.care.freeze()
    assert not _is_walked(kept)
    assert house.care.frozen >= gc.get_freeze_count() > 1000


def test_nothing_is_frozen_while_a_readers_own_table_is_held(house: House) -> None:
    house.tables = 1
    upload = Held()
    house.care.freeze()
    assert gc.get_freeze_count() == house.care.frozen == 0
    assert _is_walked(upload)
    house.made = 5  # an example enters: that waits, too
    house.clock.now += 60
    house.care.look()
    assert gc.get_freeze_count() == 0


def test_examples_are_frozen_as_they_enter_once_nobody_is_busy(house: House) -> None:
    house.care.freeze()
    house.sessions.join("reader")
    house.made, example = 1, Held()
    house.care.look()
    assert _is_walked(example)  # the reader has just done something
    house.clock.now += 5
    house.care.look()
    assert not _is_walked(example)
    before = house.care.collections
    house.clock.now += 5
    house.care.look()
    assert house.care.collections == before  # nothing more has entered


def test_what_a_session_left_behind_comes_back(house: House) -> None:
    """Frozen while its reader was in, dead when the reader has gone: it must not stay."""
    house.sessions.join("reader")
    state = Held()
    watch = weakref.ref(state)
    house.clock.now += 5
    house.care.freeze()
    del state
    house.care.collect()
    assert watch() is not None  # frozen: the collector alone does not see it
    house.sessions.leave("reader")
    house.sessions.forget("reader")
    assert house.care.holds_dead
    house.care.look(has_ended=True)
    assert watch() is None
    assert not house.care.holds_dead


def test_busy_readers_put_the_walk_off_but_not_for_ever(house: House) -> None:
    house.sessions.join("gone")
    house.sessions.join("busy")
    state = Held()
    watch = weakref.ref(state)
    house.care.freeze()
    del state
    house.sessions.forget("gone")
    for _ in range(29):  # 290 s, somebody clicking all the while
        house.clock.now += 10
        house.sessions.hear("busy", "", "")
        house.care.look()
    assert watch() is not None
    for _ in range(3):
        house.clock.now += 10
        house.sessions.hear("busy", "", "")
        house.care.look()
    assert watch() is None


def test_an_ended_session_is_collected_at_once(house: House) -> None:
    house.care.freeze()
    house.sessions.join("busy")
    upload = Held()  # came after the freeze, like every upload
    watch = weakref.ref(upload)
    del upload
    house.care.look(has_ended=True)
    assert watch() is None
