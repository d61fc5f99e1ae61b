"""Plug-in or full posterior: one switch for the intervals of all screens, and its prior.

A screen calls ``choose`` where its options are and hands ``Doubt.posterior`` to whatever computes
or draws intervals; None means plug-in, and ``Doubt.label`` says so beside every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.posterior.posterior import Posterior
from core.posterior.story import PosteriorStory
from core.posterior.theta.prior import KINDS
from core.posterior.uncertainty import source_label
from core.results import PoolingFits
from pages._shared import cache, texts
from pages._shared.control import Control
from pages._shared.dataset import Shown

#: What the reader chose; None: whatever suits the model.
INTERVALS = Control("intervals", "display_intervals", choices=("posterior", "plug-in"))
PRIOR = Control("prior", "display_prior", "flat", choices=KINDS)
CONTROLS = (INTERVALS, PRIOR)
#: What the switch shows: the choice, or what suits the model.
_SWITCH = "intervals_switch"
#: Groups times squared coefficients from which a posterior is computed only when asked for.
_MANY = 20_000


@dataclass(frozen=True, eq=False)
class Doubt:
    """Where the intervals on screen come from.

    Attributes
    ----------
    posterior : Posterior or None
        None: plug-in.
    story : PosteriorStory or None
        Of the posterior that there is, shown or not.
    refusal : str
        Why there is none; '' where there is one, or it was not asked for.
    """

    posterior: Posterior | None = None
    story: PosteriorStory | None = None
    refusal: str = ""

    @property
    def label(self) -> str:
        """What every interval is labelled with."""
        return source_label(self.posterior)

    @property
    def key(self) -> str:
        """Tells results of one choice from those of another in a cache."""
        return str(self.posterior.prior) if self.posterior else "plug-in"

    @property
    def uncertainty(self) -> Any:
        """The choice, as functions of ``core`` take it."""
        return self.posterior or "plug-in"


@dataclass(frozen=True, eq=False)
class _Made:
    posterior: Posterior | None
    story: PosteriorStory | None
    refusal: str = ""


def now(shown: Shown) -> Doubt:
    """Return where intervals come from, without drawing the switch."""
    if shown.factor:
        return Doubt()
    return _doubt(shown, _wanted(shown))


def choose(shown: Shown, plug_in: str = "plug-in") -> Doubt:
    """Draw the switch, its prior and what it does; return what was chosen.

    ``plug_in`` names what stands for plug-in intervals on a screen that has none: variances
    have intervals of the profile likelihood.
    """
    if shown.fits.multilevel_or_none is None:
        return Doubt()
    text = texts.load("intervals")
    if shown.factor:
        st.caption(text["factors"])
        return Doubt()
    groups = escape.for_markdown(shown.wording.group.many)
    with st.spinner(text["waiting"]):
        wanted = _wanted(shown)
        found = _doubt(shown, wanted)
    with st.container(gap="xsmall"):
        row = st.container(horizontal=True, vertical_alignment="center", gap="small")
        with row:
            st.session_state[_SWITCH] = wanted
            st.segmented_control(
                text["label"],
                INTERVALS.choices,
                format_func=lambda v: text[v if v == "posterior" else plug_in],
                required=True,
                key=_SWITCH,
                on_change=_switched,
                label_visibility="collapsed",
            )
            if wanted == "posterior":
                PRIOR.select(text["prior"].format(groups=groups), text["priors"], width=220)
        said = _said(shown, found, wanted, plug_in)
        if found.refusal:
            st.warning(said)
        else:
            st.caption(said, help=text["help"].format(groups=groups))
    return found


def _switched() -> None:
    INTERVALS.set(st.session_state[_SWITCH])


def _is_many(shown: Shown) -> bool:
    fit = shown.fits.multilevel
    return fit.n_groups * len(fit.varying_names) ** 2 > _MANY


def _wanted(shown: Shown) -> str:
    """Return what is chosen; before that, the posterior where it makes a difference."""
    chosen = INTERVALS.now()
    if chosen is not None or shown.fits.multilevel_or_none is None:
        return chosen or "plug-in"
    if _is_many(shown):
        return "plug-in"
    story = _made(shown).story
    return "posterior" if story is None else story.default


def _doubt(shown: Shown, wanted: str) -> Doubt:
    """Return the posterior that is wanted, or why there is none."""
    if shown.fits.multilevel_or_none is None:
        return Doubt()
    if wanted == "plug-in":
        return Doubt() if _is_many(shown) else Doubt(story=_made(shown).story)
    made = _made(shown)
    if made.posterior is None:
        return Doubt(refusal=made.refusal)
    return Doubt(made.posterior, made.story)


def _made(shown: Shown) -> _Made:
    """Return the posterior of the fits on screen under the chosen prior, with its story."""

    def make(fits: PoolingFits, prior: str) -> _Made:
        try:
            found = core.posterior(fits, prior)
            return _Made(found, core.posterior_story(found, shown.wording))
        except PoolingError as error:
            return _Made(None, None, str(error))

    found: _Made = cache.derived(shown, "posterior", make, str(PRIOR.now()))
    if found.posterior is None or found.posterior.fits is shown.fits:
        return found
    # The fits were made anew since: the same numbers, another object.
    return replace(found, posterior=replace(found.posterior, fits=shown.fits))


def _said(shown: Shown, found: Doubt, wanted: str, plug_in: str) -> str:
    """Return what the choice means here, as Markdown."""
    text: dict[str, Any] = texts.load("intervals")
    if found.refusal:
        reason = escape.for_markdown(found.refusal)
        return str(text["refused"]).format(instead=text[plug_in].lower(), reason=reason)
    about = text[f"about {plug_in}"]
    if found.story is None:
        groups = escape.for_markdown(shown.wording.group.many)
        return f"{about} {text['many'].format(groups=groups)}"
    story, is_asked = found.story, INTERVALS.now() is not None
    if wanted == "plug-in":
        tail = "" if is_asked or story.default != "plug-in" else f" {text['alike']}"
        return escape.for_markdown(f"{about} {story.title}.{tail}")
    why = ""
    if not is_asked:
        why = f" {text['by_default' if story.differs else 'by_default_end']}"
    return escape.for_markdown(f"{story.title}.{why} {story.prior}")
