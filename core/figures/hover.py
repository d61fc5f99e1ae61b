"""The text under the pointer: one group's numbers, escaped for Plotly."""

from __future__ import annotations

import math
from collections.abc import Iterable

from core import escape
from core.estimators.estimates import Estimates
from core.formats import decimals_for, fixed, percent
from core.posterior.uncertainty import PLUG_IN
from core.tables.wording import Wording


def decimals(each: Estimates) -> int:
    """Return the decimals in which a coefficient is shown."""
    inside = each.partial_pooling if each.has_partial else each.no_pooling
    return decimals_for(inside, digits=3, most=4)


def group_texts(each: Estimates, groups: Iterable[int], wording: Wording) -> list[str]:
    """Return the hover text of some groups: name, size, the three estimates."""
    digits = decimals(each)
    return [_group_text(each, int(j), wording, digits) for j in groups]


def _group_text(each: Estimates, j: int, wording: Wording, digits: int) -> str:
    name = escape.for_plotly(each.group_names[j])
    size = escape.for_plotly(wording.individual.count(int(each.group_sizes[j])))
    own = "not estimable"
    if each.is_estimable[j]:
        own = _with_error(each.no_pooling[j], each.no_pooling_se[j], digits)
    lines = [f"<b>{name}</b>, {size}", f"no pooling {own}"]
    if each.has_partial:
        lines.append(f"partial pooling {_pooled(each, j, digits)}")
    lines.append(f"complete pooling {fixed(each.complete_pooling[j], digits)}")
    if each.has_partial:
        lines.append(f"pooled {percent(each.pooling_factor[j])}")
    return "<br>".join(lines)


def _pooled(each: Estimates, j: int, digits: int) -> str:
    """Return the partial-pooling estimate with its interval, and where that comes from."""
    if each.source == PLUG_IN:
        value = _with_error(each.partial_pooling[j], each.partial_pooling_se[j], digits)
        return f"{value} ({PLUG_IN})"
    span = f"{fixed(each.lower[j], digits)} to {fixed(each.upper[j], digits)}"
    return f"{fixed(each.partial_pooling[j], digits)}<br>68%: {span} ({each.source})"


def _with_error(value: float, error: float, digits: int) -> str:
    text = fixed(value, digits)
    return text if math.isnan(error) else f"{text} ± {fixed(error, digits)}"
