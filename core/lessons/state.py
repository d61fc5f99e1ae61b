"""The state of a step: a table whose names are those of the shareable link."""

from __future__ import annotations

import re

from core.exceptions import LessonError, PoolingError
from core.lessons.fields import Reader
from core.lessons.lesson import State
from core.spec import ModelSpec
from core.tables.examples import EXAMPLES

KEYS = (
    "data",
    "y",
    "group",
    "also",
    "x",
    "u",
    "slope",
    "cross",
    "uncorrelated",
    "criterion",
    "screen",
    "view",
)
_SCREEN = re.compile(r"[a-z_]{0,40}")


def read_state(reader: Reader) -> State:
    """Return the state that a table describes.

    Outcome, group and predictors that it does not name are those of the example's own first
    model; group-level predictors and interactions are none unless named.

    Raises
    ------
    LessonError
        When there is no such example or column, or the model contradicts itself.
    """
    reader.known(KEYS)
    data = reader.choice("data", list(EXAMPLES))
    first = EXAMPLES[data].spec
    predictors = reader.names("x", first.predictors)
    slopes = [c for c in first.varying if c in predictors]
    try:
        spec = ModelSpec(
            outcome=reader.text("y", "name", first.outcome),
            group=reader.text("group", "name", first.group),
            predictors=predictors,
            varying=reader.names("slope", slopes),
            group_predictors=reader.names("u", ()),
            cross_level=tuple(_pair(reader, text) for text in reader.names("cross", ())),
            correlated=not reader.get("uncorrelated", bool, False),
            criterion=reader.choice("criterion", ("REML", "ML"), "REML"),
        )
    except PoolingError as error:
        raise error if isinstance(error, LessonError) else reader.error(str(error)) from None
    known = EXAMPLES[data].columns
    also = tuple(reader.names("also", ()))
    for column in (*spec.columns, *also):
        if column not in known:
            raise reader.error(f"'{data}' has no column '{column}'; it has {', '.join(known)}")
    return State(data, spec, _word(reader, "screen"), _word(reader, "view"), also)


def _pair(reader: Reader, text: str) -> tuple[str, str]:
    left, star, right = text.partition("*")
    if not star or not left.strip() or not right.strip():
        raise reader.error(f"'cross' holds pairs such as 'x*u', not '{text}'")
    return left.strip(), right.strip()


def _word(reader: Reader, key: str) -> str:
    value = reader.text(key, "name", "")
    if not _SCREEN.fullmatch(value):
        raise reader.error(f"'{key}' is a word in small letters, not '{value[:40]}'")
    return value


def parameters(state: State) -> dict[str, str | list[str]]:
    """Return a state as the parameters of the link, all of the model spelled out."""
    spec = state.spec
    out: dict[str, str | list[str]] = {
        "data": state.data,
        "y": spec.outcome,
        "group": spec.group,
        "x": list(spec.predictors),
        "u": list(spec.group_predictors),
        "slope": list(spec.varying),
        "cross": ["*".join(pair) for pair in spec.cross_level],
        "uncorrelated": "0" if spec.correlated else "1",
        "criterion": spec.criterion,
        "also": list(state.also),
    }
    return out | ({"view": state.view} if state.view else {})
