"""What moving the zero of x changes and what it leaves, in words."""

from __future__ import annotations

import numpy as np

from core.explore.variance.zero import calm_zero, move_zero, moving_predictor, predictor_span
from core.formats import fixed, number, trimmed
from core.results import MultilevelFit
from core.tables.wording import Wording

#: A correlation that moves less than this is told as one that stays.
_SAME = 0.02
#: Lines that differ by less than this share of their sd elsewhere meet in a point.
_MEETS = 1e-3


def zero_title(fit: MultilevelFit, at: float, wording: Wording) -> str:
    """Return the finding: the correlation with zero there, and where it was."""
    name = wording.in_sentence(moving_predictor(fit) or "x")
    here, before = move_zero(fit, np.array([at, 0.0])).rho
    if not np.isfinite(here):
        return "A variance of zero has no correlation, wherever zero is put"
    if abs(here - before) < _SAME:
        start = f"With zero at {name} = {trimmed(at)}, intercepts and slopes have"
        return f"{start} correlation ρ = {fixed(float(here), 2)}"
    return (
        f"Putting zero at {name} = {trimmed(at)} turns the correlation of intercepts and slopes "
        f"from {fixed(float(before), 2)} into {fixed(float(here), 2)}; the lines "
        "stay where they are"
    )


def zero_sentences(
    fit: MultilevelFit, at: float, refit: MultilevelFit, change: float, wording: Wording
) -> tuple[str, ...]:
    """Return what the formula says, what a refit says, and where intercepts differ least.

    Parameters
    ----------
    fit : MultilevelFit
    at : float
        The new zero.
    refit, change
        From ``invariance``: the model fitted anew, and the largest change of a fitted value.
    """
    moved = move_zero(fit, np.array([at, 0.0]))
    sd, rho = moved.sigma_alpha, moved.rho
    rows, many = wording.individual.count(fit.n_obs), wording.group.many
    name = wording.in_sentence(moving_predictor(fit) or "x")
    anew = f"σ_α = {number(float(refit.sigma_group[0]))}"
    out = [
        f"σ_α is the standard deviation of the lines of the {many} where x = 0: "
        f"{number(float(sd[1]))} at 0, {number(float(sd[0]))} at {trimmed(at)}. By the formula "
        f"σ_α(c)² = σ_α² + 2cρσ_ασ_β + c²σ_β², with c = {trimmed(at)}; fitted anew with that zero, "
        f"the model gives {anew} and ρ = {fixed(float(refit.correlation[0, 1]), 2)}.",
        f"Nothing else moves: over {rows} the largest change of a fitted value is "
        f"{_tiny(change)}. A correlation is a statement about a place, not about {many}.",
    ]
    calm = calm_zero(fit)
    least, _, most = predictor_span(fit)
    if np.isfinite(calm):
        inside = "" if least <= calm <= most else ", outside the data"
        narrow = float(move_zero(fit, np.array([calm])).sigma_alpha[0])
        if narrow <= _MEETS * float(np.max(sd)):
            out.append(f"All lines meet at {name} = {trimmed(calm)}{inside}: there σ_α is 0.")
        else:
            out.append(
                f"The lines are closest together at {name} = {trimmed(calm)}{inside}: there σ_α is "
                f"{number(narrow)} and ρ is 0."
            )
    if np.isfinite(rho).all() and not least <= 0.0 <= most:
        out.append(
            f"As the table stands, zero lies outside the data ({trimmed(least)} to "
            f"{trimmed(most)}): the intercept and its variance are extrapolations. Centre the "
            "predictor at its mean."
        )
    return tuple(out)


def _tiny(change: float) -> str:
    return "0" if change == 0 else number(change, 1)


def zero_alt(fit: MultilevelFit, at: float, wording: Wording) -> str:
    """Return a description of the figure with its numbers."""
    least, mean, most = predictor_span(fit)
    moved = move_zero(fit, np.array([least, mean, most]))
    points = "; ".join(
        f"at {trimmed(float(x))} σ_α = {number(float(s))}, ρ = {fixed(float(r), 2)}"
        for x, s, r in zip(moved.at, moved.sigma_alpha, moved.rho, strict=True)
    )
    return f"{zero_title(fit, at, wording)}. With zero {points}."
