"""A simulated table as a text: there and back, and nothing else comes in."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exceptions import PoolingError, SpecError
from core.tables.population import MAX_ROWS, RANGES, Population, simulate
from core.tables.recipe_text import FIT_STRUCTURES, SimulationRecipe, read_recipe, recipe_text

COUNTS = ("n_groups", "group_size")


@st.composite
def recipes(draw: st.DrawFn) -> SimulationRecipe:
    """Return any recipe whose parameters have up to four decimals."""
    options: dict[str, float] = {}
    for name, (low, high) in RANGES.items():
        if name in COUNTS:
            options[name] = draw(st.integers(int(low), int(min(high, 400))))
        elif draw(st.booleans()):
            options[name] = min(max(round(draw(st.floats(low, high)), 4), low), high)
    return SimulationRecipe(
        Population(**options),
        draw(st.sampled_from(FIT_STRUCTURES)),
        draw(st.booleans()),
        draw(st.integers(0, 999_999)),
    )


@given(recipes())
def test_there_and_back(recipe: SimulationRecipe) -> None:
    text = recipe_text(recipe)
    assert read_recipe(text) == recipe
    assert recipe_text(read_recipe(text)) == text
    assert set(text) <= set(string.ascii_lowercase + string.digits + "-_.")


def test_the_format_does_not_change() -> None:
    """Links that were given out must open the same table for ever: never change these."""
    assert recipe_text(SimulationRecipe()) == "sim-j50_n10_s1"
    full = Population(
        n_groups=30, group_size=8, size_spread=0.5, sigma_y=2, sigma_alpha=0.25, sigma_beta=0.1,
        rho=-0.4, mu_alpha=3, mu_beta=-1, gamma_alpha=0.7, gamma_beta=-0.2, x_sd=2, x_between=0.3,
        outlier=5,
    )  # fmt: skip
    text = "sim-j30_n8_v0.5_e2_a0.25_b0.1_r-0.4_m3_k-1_g0.7_h-0.2_x2_w0.3_o5_f2_u1_s7"
    assert recipe_text(SimulationRecipe(full, "slope", True, 7)) == text
    first = simulate(read_recipe("sim-j3_n2_s1").population, 1).table["y"]
    assert first.round(6).tolist() == PINNED


#: Drawn once; numpy promises this stream of ``default_rng`` and its ``normal``.
PINNED = [0.863618, 1.508347, 0.34716, -1.756285, -0.229525, 1.311722]


def test_the_order_of_the_parts_does_not_matter() -> None:
    assert read_recipe("sim-s7_a0.8_n10_j30") == read_recipe("sim-j30_n10_a0.8_s7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sim-",
        "radon",
        "SIM-j30_s1",
        "sim-j30__s1",
        "sim-j30_j30_s1",
        "sim-j30_q1",
        "sim-j1e3",
        "sim-j30.5",
        "sim-s1.0",
        "sim-jinf",
        "sim-anan",
        "sim-a+1",
        "sim-a--1",
        "sim-j٣٠",
        "sim-a0.5\n",
        "sim-a0.5;s1",
        "sim-<script>",
        "sim-../../etc",
        "sim-f3",
        "sim-f-1",
        "sim-u2",
        "sim-s-1",
        "sim-s1000000",
        "sim-j2",
        "sim-j2001",
        "sim-j2000_n1000",
        "sim-e0",
        "sim-r1.5",
        "sim-j99999999",
        "sim-" + "a1" * 500,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        read_recipe(text)


@pytest.mark.parametrize("thing", [None, 7, b"sim-j30_s1", ["sim-j30_s1"]])
def test_what_is_no_text_is_refused(thing: object) -> None:
    with pytest.raises(SpecError):
        read_recipe(thing)  # type: ignore[arg-type]


def test_damaged_texts_never_raise_anything_else() -> None:
    """Change, drop, double and swap characters of a good text: a recipe or a typed error."""
    rng = random.Random(4)
    good = "sim-j30_n8_v1_a0.5_b0.25_r-0.3_f2_s7"
    alphabet = string.printable + "é٣\N{ZERO WIDTH SPACE}\x00"
    refused = 0
    for _ in range(3000):
        letters = list(good)
        for _ in range(rng.randint(1, 4)):
            i = rng.randrange(len(letters))
            letters[i : i + rng.randint(0, 2)] = rng.choice(alphabet) * rng.randint(0, 3)
            letters = letters or ["s"]
        try:
            recipe = read_recipe("".join(letters))
        except PoolingError:
            refused += 1
        else:
            assert recipe.population.n_groups * recipe.population.group_size <= MAX_ROWS
            assert read_recipe(recipe_text(recipe)) == recipe
    assert refused > 1000


def test_a_number_too_long_for_a_link_is_refused() -> None:
    with pytest.raises(SpecError, match="digits"):
        recipe_text(SimulationRecipe(Population(sigma_beta=1e-19)))


@pytest.mark.parametrize("options", [{"seed": -1}, {"seed": 10**6}, {"structure": "cubic"}])
def test_a_recipe_checks_itself(options: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        SimulationRecipe(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("structure", FIT_STRUCTURES)
@pytest.mark.parametrize("has_u", [False, True])
def test_every_structure_can_be_fitted(structure: str, has_u: bool) -> None:
    recipe = SimulationRecipe(Population(n_groups=12), structure, has_u, 3)  # type: ignore[arg-type]
    table = simulate(recipe.population, recipe.seed).table
    assert set(recipe.spec.columns) <= set(table.columns)
    assert bool(recipe.spec.group_predictors) == has_u
