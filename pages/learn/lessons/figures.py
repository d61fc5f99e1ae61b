"""The figures of a lesson step: hidden while the reader guesses, with the guess beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import escape, formats
from core.estimators.estimates import Estimates, estimates, group_table
from core.explore.pooling import story as sentences
from core.explore.pooling.lines import GroupLines, group_lines
from core.explore.pooling.plot_group_size import plot_group_size
from core.explore.pooling.plot_lines import plot_lines
from core.explore.pooling.plot_map import plot_map
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.lessons.facts import Scene
from core.lessons.guess import Verdict, answer_place, scores
from core.lessons.lesson import Step
from core.lessons.measures import WORDS
from core.lessons.plots.plot_guess_line import plot_guess_line
from core.lessons.plots.plot_numbers import NumberRow, plot_numbers
from core.lessons.plots.plot_pull import plot_pull
from core.lessons.quantities import evaluate, place
from core.tables.wording import INTERCEPT
from pages._shared import figures, look, texts
from pages._shared.drawn import drawn


class StepFigures:
    """Draws what belongs to one step in one run.

    Parameters
    ----------
    step : Step
    scene : Scene
    key : str
        Begins the keys of the charts.
    """

    def __init__(self, step: Step, scene: Scene, key: str) -> None:
        self.step, self.scene, self.key = step, scene, key
        self.facts = scene.facts
        self.fits, self.wording = scene.facts.fits, scene.facts.wording

    @property
    def term(self) -> str:
        """The coefficient that the step is about."""
        return self.facts.slope_name if self.step.term == "slope" else INTERCEPT

    @property
    def each(self) -> Estimates:
        """Its three estimates."""
        return estimates(self.fits, self.term)

    def text(self, template: Any) -> str:
        """Return a text of the step with its values, as typed."""
        return str(template.plain(lambda e: evaluate(e, self.scene).text))

    def places(self) -> list[int]:
        """Return the places of the groups that the step names."""
        names = [*self.step.groups]
        if self.scene.chosen and self.step.task.kind == "choose":
            names = [self.scene.chosen, *names]
        return list(dict.fromkeys(place(name, self.scene) for name in names))

    def show(self, kind: str) -> None:
        """Draw one of the figures, nothing hidden."""
        drawers = {
            "lines": self._lines,
            "pull": self.pull,
            "shrinkage": self._shrinkage,
            "group_size": self._group_size,
            "map": self._map,
            "numbers": self.numbers,
        }
        drawers[kind]()

    def _show(self, figure: Any, alt: str, table: Any, key: str) -> None:
        figures.key(figure.layout.meta)
        figures.picture(figure, key=f"{self.key}_{key}", alt=alt)
        figures.numbers(table, key=f"{self.key}_{key}")

    def _of_term(self, figure: Any, key: str) -> None:
        axis = self.wording.term_axis(self.term, self.fits.data)
        alt = sentences.alt_text(self.each, figure.layout.meta["title"], axis, self.wording)
        self._show(figure, alt, lambda: group_table(self.fits, [self.term]), key)

    def _lines(self) -> None:
        groups = np.asarray(self.places()[:6] or [0], dtype=np.intp)
        figure = drawn(
            None, plot_lines, self.fits, groups, wording=self.wording, style=look.style()
        )
        alt = sentences.lines_alt(self.each, groups, self.wording, self.fits.data)
        self._show(figure, alt, lambda: group_table(self.fits, groups=groups), "lines")

    def _shrinkage(self) -> None:
        figure = drawn(
            None,
            plot_shrinkage,
            self.fits,
            term=self.term,
            wording=self.wording,
            style=look.style(),
        )
        self._of_term(figure, "shrinkage")

    def _group_size(self) -> None:
        figure = drawn(
            None,
            plot_group_size,
            self.fits,
            term=self.term,
            wording=self.wording,
            style=look.style(),
        )
        self._of_term(figure, "group_size")

    def _map(self) -> None:
        terms = (INTERCEPT, self.facts.slope_name)
        figure = drawn(
            None, plot_map, self.fits, terms=terms, wording=self.wording, style=look.style()
        )
        alt = sentences.map_alt(self.fits, terms, self.wording)
        self._show(figure, alt, lambda: group_table(self.fits, terms), "map")

    def pull(self, *, is_revealed: bool = True, guessed: int | None = None) -> None:
        """Draw own estimates, and where they are pulled once revealed."""
        is_dial = self.step.task.kind == "dial"
        named = self.places()
        if is_revealed and self.step.task.kind == "group":
            named.append(place(self.step.task.answer, self.scene))
        figure = drawn(
            None,
            plot_pull,
            self.fits,
            term=self.term,
            along=self.step.along,
            is_revealed=is_revealed,
            pulled=self.facts.dial_values(self.scene.c, self.term) if is_dial else None,
            named=[j for j in named if j != guessed],
            guessed=guessed,
            wording=self.wording,
            style=look.style(),
        )
        if is_revealed:
            self._of_term(figure, "pull")
            return
        self._hidden(figure)

    def _hidden(self, figure: Any) -> None:
        """Show a figure without its table and without the answer in its description."""
        own = self.each.no_pooling[self.each.is_estimable]
        ends = [formats.number(float(f(own))) if len(own) else "–" for f in (np.min, np.max)]
        alt = texts.load("lessons")["hidden_alt"].format(
            title=figure.layout.meta["title"], low=ends[0], high=ends[1]
        )
        figures.key(figure.layout.meta)
        figures.picture(figure, key=f"{self.key}_hidden", alt=alt)

    def numbers(self) -> None:
        """Draw the numbers that the step lists."""
        self._numbers(self._rows(), None, "", None)

    def _rows(self) -> list[NumberRow]:
        out = []
        for row in self.step.rows:
            value = evaluate(row.quantity, self.scene)
            size = 100.0 if value.text.endswith("%") else 1.0
            label = self.text(row.label)
            out.append(NumberRow(label, size * value.number, value.text, row.mark))
        return out

    def number_guess(self, guess: float | None, text: str, *, is_revealed: bool) -> None:
        """Draw the numbers that are known, the guess, and once revealed the answer."""
        task = self.step.task
        rows = [
            row
            for row, given in zip(self._rows(), self.step.rows, strict=True)
            if given.quantity != task.quantity
        ]
        if is_revealed:
            assert task.quantity is not None and task.label is not None
            fit = task.quantity.estimator
            mark = fit if fit in WORDS and fit != "cluster_robust" else "partial_pooling"
            answer = evaluate(task.quantity, self.scene).text
            at = answer_place(task, self.scene)
            rows.append(NumberRow(self.text(task.label), at, answer, mark))
        self._numbers(rows, guess, text, (task.low, task.high))

    def fit_guess(self, guess: str | None) -> None:
        """Draw what the three fits score, the reader's pick named."""
        mine = texts.load("lessons")["pick"].lower()
        rows = [
            NumberRow(
                f"{WORDS[fit]} ({mine})" if fit == guess else WORDS[fit],
                value.number * (100.0 if value.text.endswith("%") else 1.0),
                value.text,
                fit,
            )
            for fit, value in scores(self.step.task, self.scene).items()
        ]
        self._numbers(rows, None, "", None)

    def _numbers(
        self,
        rows: list[NumberRow],
        guess: float | None,
        text: str,
        limits: tuple[float, float] | None,
    ) -> None:
        axis = self.text(self.step.axis) if self.step.axis is not None else ""
        figure = plot_numbers(
            rows,
            title=axis,
            axis=axis,
            guess=guess,
            guess_text=text,
            limits=limits,
            style=look.style(),
        )
        words = texts.load("lessons")
        parts = [f"{row.label} {row.text}" for row in rows]
        parts += [f"{words['guess']} {text}"] if guess is not None else []
        figures.key(figure.layout.meta)
        figures.picture(figure, key=f"{self.key}_numbers", alt=f"{axis}: {'; '.join(parts)}.")
        table = pd.DataFrame(
            {
                words["rows_label"]: [row.label for row in rows],
                words["rows_value"]: [row.value for row in rows],
            }
        )
        figures.numbers(lambda: table, key=f"{self.key}_numbers")

    def line(self, lines: GroupLines, ends: Any, verdict: Verdict | None) -> None:
        """Draw one group's rows and the reader's line; the fits once there is a verdict."""
        j = self.places()[0]
        name = self.wording.group_name(self.fits.data.group_names[j])
        title = texts.load("lessons")["line_title"].format(group=name)
        figure = plot_guess_line(
            self.fits,
            lines,
            j,
            title=title,
            ends=np.asarray(ends, dtype=np.float64),
            is_revealed=verdict is not None,
            wording=self.wording,
            style=look.style(),
        )
        alt = f"{title}. {verdict.sentence if verdict else texts.load('lessons')['hidden']}"
        figures.key(figure.layout.meta)
        figures.picture(figure, key=f"{self.key}_line", alt=alt)
        if verdict is not None:
            groups = np.asarray([j], dtype=np.intp)
            figures.numbers(lambda: group_table(self.fits, groups=groups), key=f"{self.key}_line")

    def lines(self) -> GroupLines:
        """Return the fitted lines along the first predictor."""
        return group_lines(self.fits)

    def before(self, guessed: int | None = None) -> None:
        """Draw what may be seen while the answer is hidden."""
        self.pull(is_revealed=False, guessed=guessed)


def heading(text: str) -> None:
    """Show a small heading above the thing to do."""
    st.markdown(f"**{escape.for_markdown(text)}**")
