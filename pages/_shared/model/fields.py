"""The controls of a table's model, by field, and their keys in the session."""

from __future__ import annotations

from pages._shared.control import Control
from pages._shared.dataset import Dataset
from pages._shared.option import Place

#: The controls of a table's model, by field; what a link says of them stands in ``link_model``.
MODEL = {
    field: Control(field, f"model_{field}_{{table}}", **about)
    for field, about in {
        "outcome": {"kind": "text"},
        "group": {"kind": "text"},
        "also": {"kind": "many"},
        "restart": {"kind": "many"},
        "slope_by": {"kind": "many"},
        "predictors": {"kind": "many"},
        "group_predictors": {"kind": "many"},
        "structure": {"default": "intercept", "choices": ("intercept", "slope")},
        "slopes": {"kind": "many"},
        "correlated": {"default": True, "kind": "flag"},
        "cross_level": {"kind": "many"},
        "categorical": {"kind": "many"},
        "criterion": {"default": "REML", "choices": ("REML", "ML")},
        "weights": {"default": "", "kind": "text"},
        "weigh": {"default": "precision", "choices": ("precision", "frequency", "survey")},
        "terms": {"kind": "many"},
        "rows": {"kind": "many"},
    }.items()
}
REFERENCE = Control("reference", "model_reference_{table}_{name}", None, "named")


def key_of(data: Dataset, field: str) -> str:
    """Return the session key of a control of a table's model."""
    return MODEL[field].key_for(Place(data.id))
