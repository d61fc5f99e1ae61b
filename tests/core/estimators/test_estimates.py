"""The three estimates side by side, against lme4, lm and the rows themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest

import core
from core.estimators.estimates import estimates, group_table
from core.estimators.order import matching, n_pages, ordered, page
from core.explore.pooling.ellipse import ellipse
from core.explore.pooling.lines import group_lines
from tests.fitted import categorical_fits, degenerate_fits, example_fits, radon_with_uranium
from tests.golden.cases import FOLDER


def gold(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_estimates_equal_lme4_and_lm() -> None:
    stored, fits = gold("radon_slope"), example_fits("radon")
    each = estimates(fits, "floor")
    assert list(each.group_names) == stored["no_pooling"]["groups"]
    own = np.array(
        [[np.nan if v is None else v for v in row] for row in stored["no_pooling"]["estimate"]]
    )
    assert np.array_equal(np.isnan(own[:, 1]), ~each.is_estimable)
    np.testing.assert_allclose(each.no_pooling, own[:, 1], rtol=1e-7)
    coef = np.array(stored["fits"]["REML"]["coef"]["county"]["values"])
    np.testing.assert_allclose(each.partial_pooling, coef[:, 1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(each.complete_pooling, stored["complete_pooling"]["estimate"][1])


def test_table_has_a_row_per_group_and_recombines() -> None:
    fits = radon_with_uranium()
    table = group_table(fits)
    assert list(table["group"]) == list(fits.no_pooling.group_names)
    assert table["n"].sum() == 919
    each = estimates(fits, "floor")
    np.testing.assert_allclose(
        table["deviation: floor"], fits.multilevel.ranef[:, 1], rtol=1e-10, atol=1e-12
    )
    assert np.ptp(each.target) > 0 and np.ptp(each.complete_pooling) > 0
    some = group_table(fits, ["floor"], np.array([3, 1]))
    assert list(some["group"]) == [each.group_names[3], each.group_names[1]]
    assert not any("Intercept" in c for c in some.columns)


def test_an_unknown_coefficient_is_refused() -> None:
    with pytest.raises(core.SpecError, match="does not vary"):
        estimates(example_fits("radon", "intercept"), "floor")


def test_lines_predict_what_the_fits_say() -> None:
    stored, fits = gold("radon_cross"), radon_with_uranium()
    lines = group_lines(fits)
    assert lines.predictor == "floor"
    table = core.load_example("radon")
    at = [lines.grid.tolist().index(f) for f in table["floor"].iloc[:5]]
    groups = [fits.no_pooling.group_names.index(c) for c in table["county"].iloc[:5]]
    expected = stored["fits"]["REML"]["predict5"]["with_re"]
    np.testing.assert_allclose(lines.partial_pooling[groups, at], expected, rtol=1e-4)


@pytest.mark.parametrize("structure", ["intercept", "slope", "mean"])
def test_lines_pass_through_the_means_of_their_groups(structure: str) -> None:
    lines = group_lines(example_fits("radon", structure))
    for j in np.flatnonzero(lines.has_own_line):
        line = lines.no_pooling[j]
        at_mean = np.interp(lines.mean_x[j], lines.grid, line)
        assert at_mean == pytest.approx(lines.mean_y[j], rel=1e-9, abs=1e-9)
        rows = lines.rows(int(j))
        assert lines.y[rows].mean() == pytest.approx(lines.mean_y[j])


def test_lines_of_a_category_hold_other_predictors_at_their_means() -> None:
    fits = categorical_fits()
    lines = group_lines(fits, "kind")
    assert lines.levels == ("a", "b", "c") and list(lines.grid) == [0, 1, 2]
    model = fits.multilevel
    fixed = dict(zip(model.fixef_names, model.fixef, strict=True))
    mean_x = fits.data.base_values(3).mean()
    assert fits.data.base[2].name == "x"
    expected = model.line[:, 0] + model.line[:, 2] + fixed["x"] * mean_x
    np.testing.assert_allclose(lines.partial_pooling[:, 2], expected, rtol=1e-10)


def test_without_a_multilevel_fit_partial_pooling_is_missing() -> None:
    fits = degenerate_fits()
    each = estimates(fits)
    assert not each.has_partial and np.isnan(each.partial_pooling).all()
    np.testing.assert_allclose(each.no_pooling, [1, 2, 3, 5])
    assert np.isnan(group_lines(fits).partial_pooling).all()


def test_orders_hold_every_group_once() -> None:
    each = estimates(example_fits("radon"))
    for by in ("spread", "size", "name", "shift", "estimate"):
        assert sorted(ordered(each, by)) == list(range(85))
    sizes = each.group_sizes[ordered(each, "size")]
    assert (np.diff(sizes) >= 0).all()
    shift = np.abs(each.shift)[ordered(each, "shift")]
    assert (np.diff(shift[np.isfinite(shift)]) <= 0).all()


def test_numbered_groups_sort_as_numbers() -> None:
    each = estimates(example_fits("exam"))
    names = [each.group_names[j] for j in ordered(each, "name")]
    assert names[:3] == ["1", "2", "3"] and names[-1] == "65"


@pytest.mark.parametrize("is_spread", [False, True])
@pytest.mark.parametrize("n", [0, 1, 12, 13, 85])
def test_pages_hold_every_group_once(n: int, is_spread: bool) -> None:
    order = np.arange(n)[::-1].copy()
    pages = [page(order, i + 1, is_spread=is_spread) for i in range(n_pages(n))]
    assert sorted(np.concatenate(pages)) == list(range(n))
    assert all(len(p) <= 12 for p in pages)
    if n > 12 and is_spread:
        assert pages[0][0] == n - 1 and pages[0][-1] == 0


def test_search_is_plain_text() -> None:
    names = ("Lac (a.b)", "lake", "Pine")
    order = np.arange(3)
    assert list(matching(names, order, "LA")) == [0, 1]
    assert list(matching(names, order, "(a.b)")) == [0]
    assert list(matching(names, order, "  ")) == [0, 1, 2]
    assert list(matching(names, order, ".*")) == []


def test_ellipse_holds_its_share() -> None:
    cov = np.array([[2.0, -0.8], [-0.8, 1.0]])
    centre = np.array([1.0, -3.0])
    draws = np.random.default_rng(1).multivariate_normal(centre, cov, 40_000)
    distance = np.einsum("ni,ij,nj->n", draws - centre, np.linalg.inv(cov), draws - centre)
    for share in (0.5, 0.9):
        outline = np.stack(ellipse(centre, cov, share), axis=1) - centre
        radius = np.einsum("ni,ij,nj->n", outline, np.linalg.inv(cov), outline)
        assert np.ptp(radius) < 1e-9
        # The standard error of the share is below 0.0025.
        assert (distance < radius[0]).mean() == pytest.approx(share, abs=0.01)


def test_ellipse_of_a_singular_covariance_is_a_segment() -> None:
    x, y = ellipse(np.zeros(2), np.array([[1.0, 0.0], [0.0, 0.0]]), 0.5)
    assert np.isfinite(x).all() and np.abs(y).max() < 1e-12
