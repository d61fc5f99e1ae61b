"""The registry: every screen by its section, its name and its title, in the order of the bar.

The name is that of the screen's folder, of its address and of its text file; the start screen's
address is empty.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Screen:
    """One screen: where its script stands, and what it is called."""

    section: str
    name: str
    title: str

    @property
    def script(self) -> str:
        """The script, as Streamlit wants it: by its path from the folder of ``app.py``."""
        return f"pages/{self.section.lower()}/{self.name}/screen.py"


START = Screen("Explore", "pooling", "Pooling")
SCREENS = (
    START,
    Screen("Explore", "groups", "Groups"),
    Screen("Explore", "data", "Data"),
    Screen("Understand", "two_levels", "Two levels"),
    Screen("Understand", "variance", "Variance"),
    Screen("Understand", "standard_errors", "Standard errors"),
    Screen("Use", "prediction", "Prediction"),
    Screen("Use", "ranking", "Ranking"),
    Screen("Use", "checks", "Checks"),
    Screen("Use", "predicts_best", "Which predicts best"),
    Screen("Learn", "simulate", "Simulate"),
    Screen("Learn", "lessons", "Lessons"),
    Screen("Learn", "terms", "Terms"),
)
