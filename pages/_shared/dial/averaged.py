"""The posterior of the dial's own position, and the estimates averaged over all positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.explore.dial.averaged_story import averaged_sentence
from core.explore.dial.dial_posterior import DialPosterior, dial_posterior
from core.explore.dial.path import DialPath
from core.posterior.story import zero_sentences
from core.results import PoolingFits
from pages._shared import cache, doubt
from pages._shared.dataset import Shown

#: What the posterior is called where the dial moves several variances together.
ALONG = "posterior along the dial"


def of(shown: Shown, path: DialPath) -> DialPosterior | None:
    """Return the posterior of the position under the chosen prior; None where it is plug-in."""
    chosen = doubt.now(shown).posterior
    if chosen is None:
        return None

    def make(_: PoolingFits, prior: str) -> DialPosterior | None:
        try:
            return dial_posterior(path, prior)
        except PoolingError:
            return None

    found: DialPosterior | None = cache.derived(shown, "dial_posterior", make, str(chosen.prior))
    return found


def density(found: DialPosterior | None) -> dict[str, Any] | None:
    """Return the density along the dial's scale, its highest 1, as the component takes it."""
    if found is None:
        return None
    c, height = found.curve
    top = float(height.max())
    return {"c": c.tolist(), "density": np.round(height / top, 5).tolist()}


def say(shown: Shown, path: DialPath, group: int) -> None:
    """Draw the switch, and say what the reader sees averaged over all positions."""
    chosen = doubt.choose(shown)
    found = of(shown, path)
    if found is None:
        return
    # With several coefficients the dial is one way through their variances, not all of them.
    is_whole = len(shown.fits.multilevel.varying_names) == 1
    label = chosen.label if is_whole else chosen.label.replace("full posterior", ALONG)
    said = [found.sentence, averaged_sentence(found, group, label, shown.wording)]
    if chosen.posterior is not None:
        said += zero_sentences(chosen.posterior, shown.wording)
    for sentence in said:
        st.markdown(escape.for_markdown(sentence))
