"""One factor of several in view: the choice that all screens share, and what is shown of it."""

from __future__ import annotations

from dataclasses import replace

from core import escape
from core.estimators.factors.view import FactorView, factor_view, wording_of
from core.factors_results import FactorsFits
from pages._shared import cache, texts
from pages._shared.control import Control, place
from pages._shared.dataset import Shown


def factors(shown: Shown) -> tuple[str, ...]:
    """Return the factors that can be in view, where there are several."""
    return shown.spec.groups if len(shown.spec.groups) > 1 else ()


FACTOR = Control("factor", "pooling_factor_{model}", None, "text", is_private=True, offers=factors)


def choose(shown: Shown) -> Shown:
    """Return what is shown, of one factor where the model has several; draw which one."""
    if not isinstance(shown.fits, FactorsFits):
        return shown
    spec = shown.spec
    name = FACTOR.segments(
        texts.load("factors")["factor"],
        lambda group: escape.for_markdown(spec.label_of(group)),
        spec.groups,
        at=place(shown),
    )
    return of_factor(shown, str(name))


def of_factor(shown: Shown, name: str) -> Shown:
    """Return what is shown of the levels of one factor."""
    fits = shown.fits
    assert isinstance(fits, FactorsFits)
    view: FactorView = cache.derived(shown, "factor_view", factor_view, name)
    words = wording_of(shown.wording, fits, name)
    return replace(shown, fits=view, factor=name, words=words)


def whole(shown: Shown) -> FactorsFits:
    """Return the fits of all factors together."""
    fits = shown.fits
    if isinstance(fits, FactorView):
        return fits.whole
    assert isinstance(fits, FactorsFits)
    return fits
