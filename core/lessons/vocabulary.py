"""The vocabulary of placeholders: every quantity a lesson or a term can speak of.

Each entry says what its arguments are, what it means and how it is computed from the facts of
a step. Nothing else can be computed from a text: no attribute, index or call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.lessons import measures as m
from core.lessons.doubt import (
    posterior_group,
    posterior_icc,
    posterior_sigma_alpha,
    posterior_wider,
)
from core.lessons.measures import Value
from core.tables.wording import INTERCEPT


@dataclass(frozen=True)
class Quantity:
    """One entry of the vocabulary.

    Attributes
    ----------
    arguments : tuple of str
        Their kinds; the last takes all that is left of the placeholder.
    meaning : str
    compute : callable
        Makes the value from a scene and the arguments, groups as their place.
    is_number : bool
    """

    arguments: tuple[str, ...]
    meaning: str
    compute: Callable[..., Value]
    is_number: bool = True


SELECTORS: dict[str, str] = {
    "@group": "the first group that the step shows",
    "@guess": "the group the reader picked",
    "@smallest": "the group with the fewest rows",
    "@largest": "the group with the most rows",
    "@highest": "the group with the highest intercept of its own",
    "@lowest": "the group with the lowest intercept of its own",
    "@steepest": "the group with the highest slope of its own",
    "@flattest": "the group with the lowest slope of its own",
    "@most_moved": "the group whose intercept partial pooling moves most",
    "@most_moved_slope": "the group whose slope partial pooling moves most",
}

VOCABULARY: dict[str, Quantity] = {
    "n_rows": Quantity((), "rows used, with their noun", m.all_rows),
    "n_groups": Quantity((), "groups, with their noun", m.all_groups),
    "noun": Quantity(("noun",), "what groups and rows are called", m.noun, is_number=False),
    "name": Quantity(("group",), "name of a group", m.name, is_number=False),
    "size": Quantity(("group",), "rows of a group, with their noun", m.size),
    "groups_up_to": Quantity(("rows",), "groups with at most so many rows", m.groups_up_to),
    "column": Quantity(("column",), "what a column is called", m.column, is_number=False),
    "unit": Quantity((), "unit of the outcome", m.unit, is_number=False),
    "intercept_axis": Quantity(
        (), "what an intercept measures, with its unit", m.axis(INTERCEPT), is_number=False
    ),
    "slope_axis": Quantity(
        (), "what a slope measures, with its unit", m.axis("slope"), is_number=False
    ),
    "estimate": Quantity(("fit or dial", "group"), "intercept of a group", m.estimate(INTERCEPT)),
    "slope": Quantity(("fit or dial", "group"), "slope of a group", m.estimate("slope")),
    "se": Quantity(
        ("fit", "group"), "standard error of a group's intercept", m.standard_error(INTERCEPT)
    ),
    "slope_se": Quantity(
        ("fit", "group"), "standard error of a group's slope", m.standard_error("slope")
    ),
    "shift": Quantity(
        ("group",), "how far partial pooling moves the intercept of a group", m.shift(INTERCEPT)
    ),
    "slope_shift": Quantity(
        ("group",), "how far partial pooling moves the slope of a group", m.shift("slope")
    ),
    "target": Quantity(
        ("group",), "what the intercept of a group is pulled towards", m.each(INTERCEPT, "target")
    ),
    "slope_target": Quantity(
        ("group",), "what the slope of a group is pulled towards", m.each("slope", "target")
    ),
    "pooling_factor": Quantity(
        ("group",),
        "pooling factor of a group's intercept, per cent",
        m.each(INTERCEPT, "pooling_factor"),
    ),
    "slope_pooling_factor": Quantity(
        ("group",), "pooling factor of a group's slope, per cent", m.each("slope", "pooling_factor")
    ),
    "reliability": Quantity(
        ("group",),
        "one minus the pooling factor of a group's intercept, per cent",
        lambda scene, j: m.share_value(1.0 - float(scene.facts.level.pooling_factor[j])),
    ),
    "lowest": Quantity(
        ("fit or dial",), "lowest intercept of all groups", m.extreme(INTERCEPT, np.nanmin)
    ),
    "highest": Quantity(
        ("fit or dial",), "highest intercept of all groups", m.extreme(INTERCEPT, np.nanmax)
    ),
    "lowest_slope": Quantity(
        ("fit or dial",), "lowest slope of all groups", m.extreme("slope", np.nanmin)
    ),
    "highest_slope": Quantity(
        ("fit or dial",), "highest slope of all groups", m.extreme("slope", np.nanmax)
    ),
    "spread": Quantity(("fit or dial",), "standard deviation of the groups' intercepts", m.spread),
    "slope_spread": Quantity(
        ("fit or dial",), "standard deviation of the groups' slopes", m.slope_spread
    ),
    "without_own": Quantity(
        (), "groups without an intercept of their own", m.without_own(INTERCEPT)
    ),
    "without_own_slope": Quantity(
        (), "groups without a slope of their own", m.without_own("slope")
    ),
    "coef": Quantity(("fit", "coefficient"), "average or common coefficient", m.coefficient),
    "coef_se": Quantity(
        ("approach", "coefficient"), "standard error of that coefficient", m.coefficient_error
    ),
    "coef_effective_n": Quantity(
        ("coefficient",), "independent rows that would know a coefficient as well", m.effective
    ),
    "sigma_y": Quantity(
        (),
        "standard deviation inside groups",
        lambda scene: m.number_value(scene.facts.fits.multilevel.sigma_y),
    ),
    "sigma_alpha": Quantity(
        (),
        "standard deviation of the intercepts between groups",
        lambda scene: m.number_value(m.sigma_alpha(scene.facts)),
    ),
    "sigma_beta": Quantity(
        (),
        "standard deviation of the slopes between groups",
        lambda scene: m.number_value(m.sigma_beta(scene.facts)),
    ),
    "sigma_alpha_interval": Quantity(
        ("end",), "95% interval of sigma_alpha", m.interval(lambda facts: f"sd_{INTERCEPT}")
    ),
    "sigma_beta_interval": Quantity(
        ("end",), "95% interval of sigma_beta", m.interval(lambda facts: f"sd_{facts.slope_name}")
    ),
    "rho": Quantity((), "correlation of intercepts and slopes", m.rho),
    "residual_sd": Quantity(("fit",), "residual standard deviation of a fit", m.residual),
    "icc": Quantity(
        (),
        "intraclass correlation, per cent",
        lambda scene: m.share_value(scene.facts.icc.icc),
    ),
    "icc_interval": Quantity(
        ("end",),
        "95% interval of the intraclass correlation, per cent",
        lambda scene, end: m.share_value(
            scene.facts.icc.lower if end == "low" else scene.facts.icc.upper
        ),
    ),
    "design_effect": Quantity(
        (), "design effect", lambda scene: m.number_value(scene.facts.icc.design_effect)
    ),
    "effective_n": Quantity(
        (),
        "rows over design effect",
        lambda scene: m.count_value(round(scene.facts.icc.effective_n)),
    ),
    "half_pooled_n": Quantity((), "rows at which a group is half pooled", m.half_pooled),
    "explained": Quantity(
        ("end",),
        "R squared: of the average line (low), of the groups' lines (high), per cent",
        m.explained,
    ),
    "rmse": Quantity(
        ("held out", "estimator"),
        "error of predicting held-out people of known groups, or whole groups",
        m.score("rmse"),
    ),
    "coverage": Quantity(
        ("held out", "estimator"),
        "share of held-out rows inside their 90% interval, per cent",
        m.score("coverage_90"),
    ),
    "best": Quantity(
        ("held out",), "the estimator that predicts held-out rows best", m.best, is_number=False
    ),
    "predicted": Quantity(
        ("who", "group"),
        "prediction for a new individual of a known group, or for the group's mean",
        m.for_known("point"),
    ),
    "predicted_low": Quantity(
        ("who", "group"), "lower end of its 90% interval", m.for_known("lower")
    ),
    "predicted_high": Quantity(
        ("who", "group"), "upper end of its 90% interval", m.for_known("upper")
    ),
    "predicted_reach": Quantity(
        ("who", "group"), "half the length of its 90% interval", m.for_known("reach")
    ),
    "predicted_new": Quantity(
        (), "prediction for an individual of a new group", m.for_new("point")
    ),
    "predicted_new_low": Quantity((), "lower end of its 90% interval", m.for_new("lower")),
    "predicted_new_high": Quantity((), "upper end of its 90% interval", m.for_new("upper")),
    "predicted_new_reach": Quantity((), "half the length of its 90% interval", m.for_new("reach")),
    "posterior_sigma_alpha": Quantity(
        ("point",),
        "sigma_alpha under the full posterior: its median, or an end of its 95% interval",
        posterior_sigma_alpha,
    ),
    "posterior_icc": Quantity(
        ("point",), "the intraclass correlation under it, per cent", posterior_icc
    ),
    "posterior": Quantity(("point", "group"), "the intercept of a group under it", posterior_group),
    "posterior_wider": Quantity(
        (),
        "how much wider the groups' intervals typically are under it, per cent",
        posterior_wider,
    ),
    "sharing": Quantity(
        (),
        "how much of what groups say gives way to the others where the dial stands, per cent",
        lambda scene: m.share_value(scene.facts.at(scene.c).sharing),
    ),
    "guess": Quantity((), "the reader's guess", lambda s: m.words_value(s.guess), is_number=False),
    "answer": Quantity(
        (), "the answer to the guess", lambda s: m.words_value(s.answer), is_number=False
    ),
}
