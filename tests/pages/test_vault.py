"""What a tab had open: found by its token alone, for half an hour, and given up for others."""

from __future__ import annotations

from core.exceptions import DataError
from pages._shared.host import vault
from pages._shared.host.vault import Vault, is_token

MINE, OTHER = "a" * 64, "b" * 64


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


def test_only_the_token_finds_and_time_forgets() -> None:
    clock = Clock()
    held = Vault(clock)
    held.put(MINE, "session", {"uploads": {"x": 1}})
    assert held.get(OTHER) is None
    assert held.get(MINE) == {"uploads": {"x": 1}}
    clock.now = vault.KEPT - 1
    assert held.get(MINE) is not None
    assert held.sweep(lambda name: name == "session") == 1, "who is connected is seen"
    clock.now += vault.KEPT - 1
    assert held.get(MINE) is not None
    clock.now += 2
    assert held.get(MINE) is None
    assert held.sweep(lambda name: False) == 0


def test_what_is_closed_is_forgotten_and_room_is_given() -> None:
    clock = Clock()
    held = Vault(clock)
    for i, token in enumerate((MINE, OTHER)):
        clock.now = float(i)
        held.put(token, f"session {i}", {"uploads": {}})
    assert held.give_way(lambda name: name == "session 0"), "never those who are here"
    assert held.get(OTHER) is None and held.get(MINE) is not None
    assert not held.give_way(lambda name: name == "session 0")
    held.drop(MINE)
    assert held.get(MINE) is None


def test_a_token_is_256_bits_and_is_not_kept_itself() -> None:
    assert is_token(MINE)
    for bad in ("a" * 63, "A" * 64, "a" * 64 + "\n", 7, None, ["a" * 64]):
        assert not is_token(bad)
    held = Vault()
    held.put(MINE, "session", {})
    assert MINE not in repr(held)


def test_what_waits_for_a_reload_gives_way_to_those_who_are_here() -> None:
    from dataclasses import replace

    import pandas as pd

    from core.tables.wording import Wording
    from pages._shared.dataset import Dataset
    from pages._shared.host import room
    from pages._shared.host.settings import MEGABYTE, settings

    table = pd.DataFrame({"x": range(250_000)})
    before = room.held()[1]
    kept = Dataset("upload-kept", "kept", table, Wording(), None, is_upload=True)
    vault.VAULT.put(MINE, "gone", {"uploads": {kept.id: kept}})
    del kept
    assert room.held()[1] - before >= 2 * MEGABYTE
    allowed = replace(settings(), total_mb=max(before // MEGABYTE, 0) + 2)
    try:
        room.check(MEGABYTE // 2, "new", allowed)
    except DataError as error:  # pragma: no cover
        raise AssertionError("the vault did not give way") from error
    assert vault.VAULT.get(MINE) is None
