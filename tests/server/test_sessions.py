"""Who is in: connections, seats, who is gone, who does nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pages._shared.host.sessions import Sessions


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock=clock)


def test_counts_who_is_connected(sessions: Sessions, clock: Clock) -> None:
    for name in "abc":
        sessions.join(name)
    sessions.leave("b")
    assert sessions.count() == 2
    assert sessions.most == sessions.arrived == 3
    sessions.join("b")  # comes back
    sessions.join("b")  # before the old connection has closed
    sessions.leave("b")
    assert sessions.count() == 3 and sessions.arrived == 3


def test_a_run_may_come_before_its_connection_is_seen(sessions: Sessions, clock: Clock) -> None:
    sessions.enter("a")
    assert sessions.count() == 1
    clock.now += 60
    assert sessions.count() == 0  # no connection ever came


def test_seats_go_to_who_came_first_and_move_up(sessions: Sessions) -> None:
    for name in "abc":
        sessions.join(name)
    assert [sessions.has_seat(name, 2) for name in "abc"] == [True, True, False]
    sessions.leave("a")
    assert sessions.has_seat("c", 2)
    assert sessions.has_seat("unknown", 0)


def test_gone_are_those_without_a_connection_for_long(sessions: Sessions, clock: Clock) -> None:
    sessions.join("stays")
    sessions.join("leaves")
    clock.now += 100
    sessions.leave("leaves")
    clock.now += 50
    assert sessions.gone(60) == []
    clock.now += 20
    assert sessions.gone(60) == ["leaves"]
    sessions.forget("leaves")
    assert sessions.ids() == {"stays"}


def test_idle_are_connected_readers_who_do_nothing(sessions: Sessions, clock: Clock) -> None:
    sessions.join("busy")
    sessions.join("idle")
    clock.now += 100
    sessions.hear("busy", "data=radon", "hash")
    assert [s.id for s in sessions.idle(60)] == ["idle"]
    assert sessions.quiet() == 0
    sessions.enter("idle").asleep = True
    assert sessions.idle(60) == []
    busy = sessions.get("busy")
    assert busy is not None and (busy.query, busy.screen) == ("data=radon", "hash")
