"""The line of the column names, when the user says which it is."""

from __future__ import annotations

import pytest

import core

TEXT = b"x;y;g\n" + b"".join(b"%d;%d;a\n" % (i, i * i) for i in range(40))


def test_a_line_below_the_first_is_taken() -> None:
    table = core.read_table(TEXT, "t.csv", core.ReadOptions(header_row=3))
    assert list(table.columns) == ["1", "1_2", "a"] and len(table) == 38


@pytest.mark.parametrize("row", [42, 43, 300, 5_000])
def test_a_line_beyond_the_file_is_refused_and_not_ignored(row: int) -> None:
    with pytest.raises(core.DataError, match=f"line {row:,} cannot hold them"):
        core.read_table(TEXT, "t.csv", core.ReadOptions(header_row=row))
