"""What is asked differently by two models, in words."""

from __future__ import annotations

from core.explore.compare.comparison import Comparison
from core.formats import listed
from core.results import MultilevelFit
from core.spec import ModelSpec
from core.tables.wording import INTERCEPT, Wording


def changes(found: Comparison, wording: Wording) -> tuple[str, ...]:
    """Return what B has that A has not, and the other way round, each as a short phrase."""
    a, b = found.a, found.b
    out = []
    for names, verb in ((found.only_b, "adds"), (found.only_a, "leaves out")):
        if names:
            out.append(f"{verb} {listed((_said(n, wording) for n in names), 6)}")
    out += _varying(a, b, wording)
    out += _options(a.spec, b.spec)
    return tuple(out)


def _said(name: str, wording: Wording) -> str:
    return "the intercept" if name == INTERCEPT else wording.in_sentence(name)


def _varying(a: MultilevelFit, b: MultilevelFit, wording: Wording) -> list[str]:
    """Return which groupings come and go, and what varies by those that stay."""
    ours = {each.label: each.varying_names for each in a.factors.values()}
    theirs = {each.label: each.varying_names for each in b.factors.values()}
    out = []
    new, gone = [n for n in theirs if n not in ours], [n for n in ours if n not in theirs]
    if new:
        out.append(f"groups by {listed(new)} {'instead of' if gone else 'as well'}")
        if gone:
            out[-1] += f" {listed(gone)}"
    elif gone:
        out.append(f"no longer groups by {listed(gone)}")
    for label in (n for n in ours if n in theirs):
        more = [n for n in theirs[label] if n not in ours[label]]
        less = [n for n in ours[label] if n not in theirs[label]]
        by = f" by {label}" if len(ours) > 1 or len(theirs) > 1 else ""
        if more:
            named = listed(_coefficient(n, b, wording) for n in more)
            out.append(f"lets {named} vary{by}")
        if less:
            named = listed(_coefficient(n, a, wording) for n in less)
            out.append(f"keeps {named} the same for all{by}")
    return out


def _coefficient(name: str, fit: MultilevelFit, wording: Wording) -> str:
    """Return what a coefficient is called: of a square or a product it is no slope."""
    if name == INTERCEPT:
        return "the intercept"
    is_made = any(b.parts for b in fit.data.base if b.name == name)
    what = "coefficient" if is_made else "slope"
    return f"the {what} of {wording.in_sentence(name)}{wording.where(name, fit.data)}"


def _options(a: ModelSpec, b: ModelSpec) -> list[str]:
    out = []
    if a.correlated != b.correlated and (len(a.varying) or len(b.varying)):
        out.append(
            "lets what varies correlate" if b.correlated else "keeps what varies uncorrelated"
        )
    if a.criterion != b.criterion:
        out.append(f"is estimated by {b.criterion} instead of {a.criterion}")
    if (a.weights, a.weight_kind) != (b.weights, b.weight_kind):
        verb = f"weights rows by {b.weights}" if b.weights else "leaves out the weights"
        out.append(f"{verb} ({b.weight_kind})" if b.weights else verb)
    if dict(a.reference) != dict(b.reference):
        out.append("has other reference levels")
    return out
