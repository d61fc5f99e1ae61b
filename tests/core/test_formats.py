"""Numbers as a reader wants them."""

from __future__ import annotations

import math

import pytest

from core import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.6548, "−0.655"),
        (1234.6, "1,235"),
        (0.0000312, "3.12×10⁻⁵"),
        (25_000_000.0, "2.50×10⁷"),
        (0.0, "0"),
        (-0.0, "0"),
        (100.0, "100"),
        (9.999, "10.00"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert formats.number(value) == text


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert formats.fixed(-0.001, 2) == "0.00"
    assert formats.fixed(-0.006, 2) == "−0.01"


def test_decimals_follow_the_spread() -> None:
    assert formats.decimals_for([1.36, 1.49, 2.4]) == 1
    assert formats.decimals_for([251.4, 298.5]) == 0
    assert formats.decimals_for([0.001, 0.0023]) == 4
    assert formats.decimals_for([0.81, 1.74], digits=3) == 2
    assert formats.decimals_for([math.nan]) == 0
    assert formats.decimals_for([5.0]) == 0


def test_numbers_of_any_size_are_told_apart() -> None:
    for unit, shown in ((1e9, "×10⁹"), (1e-9, "×10⁻⁹")):
        values = [5.0175 * unit, -1.2 * unit, 0.001 * unit]
        decimals = formats.decimals_for(values, digits=3, most=4)
        told = [formats.fixed(v, decimals) for v in values]
        assert told == [f"5.0{shown}", f"−1.2{shown}", "0"]
    assert formats.fixed(9.96e9, -8) == "1.00×10¹⁰"
    # Large numbers that hardly differ keep the digits in which they do.
    assert formats.decimals_for([2e9, 2e9 + 7.0], digits=2) == 0
    assert formats.fixed(2e9 + 7.0, 0) == "2,000,000,007"


def test_percent_is_never_a_false_extreme() -> None:
    shares = [0.0, 0.001, 0.714, 0.999, 1.0, math.nan]
    assert [formats.percent(s) for s in shares] == ["0%", "<1%", "71%", ">99%", "100%", "–"]


def test_counts_and_lists() -> None:
    assert formats.count(1, "home") == "1 home"
    assert formats.count(1204, "county", "counties") == "1,204 counties"
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b", "c"]) == "a, b and c"
    assert formats.listed("abcdefg", most=3) == "a, b, c and 4 more"


def test_shorten() -> None:
    assert formats.shorten("Lac qui\nParle", 20) == "Lac qui Parle"
    assert formats.shorten("Yellow Medicine", 8) == "Yellow…"
