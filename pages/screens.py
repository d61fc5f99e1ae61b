"""The registry: every screen by its section, its name and its title, in the order of the bar.

The name is that of the screen's folder, of its address and of its text file; the start screen's
address is empty. Each hands over its controls, so that a link can hold them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pages._shared import doubt
from pages._shared.link.address import SHARED
from pages._shared.model import in_view
from pages._shared.model.sidebar import PROJECTOR
from pages._shared.option import Option
from pages.explore.data import controls as data
from pages.explore.pooling import controls as pooling
from pages.learn.lessons import controls as lessons
from pages.learn.simulate import controls as simulate
from pages.learn.terms import controls as terms
from pages.understand.standard_errors import controls as standard_errors
from pages.understand.two_levels import controls as two_levels
from pages.understand.variance import controls as variance
from pages.use.checks import controls as checks
from pages.use.compare import controls as compare
from pages.use.prediction import controls as prediction
from pages.use.predicts_best import controls as predicts_best
from pages.use.ranking import controls as ranking


@dataclass(frozen=True)
class Screen:
    """One screen: where its script stands, what it is called, and its controls."""

    section: str
    name: str
    title: str
    controls: tuple[Option, ...] = ()

    @property
    def path(self) -> str:
        """Its address: its name, but for the start screen's."""
        return "" if self is START else self.name

    @property
    def script(self) -> str:
        """The script, as Streamlit wants it: by its path from the folder of ``app.py``."""
        return f"pages/{self.section.lower()}/{self.name}/screen.py"


START = Screen("Explore", "pooling", "Pooling", pooling.CONTROLS)
SCREENS = (
    START,
    Screen("Explore", "groups", "Groups"),
    Screen("Explore", "data", "Data", data.CONTROLS),
    Screen("Understand", "two_levels", "Two levels", two_levels.CONTROLS),
    Screen("Understand", "variance", "Variance", variance.CONTROLS),
    Screen("Understand", "standard_errors", "Standard errors", standard_errors.CONTROLS),
    Screen("Use", "prediction", "Prediction", prediction.CONTROLS),
    Screen("Use", "ranking", "Ranking", ranking.CONTROLS),
    Screen("Use", "checks", "Checks", checks.CONTROLS),
    Screen("Use", "predicts_best", "Which predicts best", predicts_best.CONTROLS),
    Screen("Use", "compare", "Compare", compare.CONTROLS),
    Screen("Learn", "simulate", "Simulate", simulate.CONTROLS),
    Screen("Learn", "lessons", "Lessons", lessons.CONTROLS),
    Screen("Learn", "terms", "Terms", terms.CONTROLS),
)


def controls() -> dict[str, tuple[Option, ...]]:
    """Return the controls of every screen by its address, and those that all screens share."""
    return {
        SHARED: (PROJECTOR, *doubt.CONTROLS, in_view.FACTOR),
        **{screen.path: screen.controls for screen in SCREENS},
    }
