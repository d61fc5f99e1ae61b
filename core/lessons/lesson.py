"""A lesson as it was written: steps with text, state, figure and one thing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.lessons.expression import Expression
from core.lessons.template import Template
from core.spec import ModelSpec

FigureKind: TypeAlias = Literal["lines", "pull", "shrinkage", "group_size", "map", "numbers"]
TaskKind: TypeAlias = Literal["number", "group", "fit", "line", "dial", "choose", "open"]
Term: TypeAlias = Literal["intercept", "slope"]

FIGURES: tuple[FigureKind, ...] = ("lines", "pull", "shrinkage", "group_size", "map", "numbers")
TASKS: tuple[TaskKind, ...] = ("number", "group", "fit", "line", "dial", "choose", "open")
#: Tasks whose answer stays hidden until the reader has committed to a guess.
GUESSES: tuple[TaskKind, ...] = ("number", "group", "fit", "line")


@dataclass(frozen=True, eq=False)
class State:
    """What is on screen: the names are those of the shareable link.

    Attributes
    ----------
    data : str
        Id of a shipped example.
    spec : ModelSpec
    screen, view : str
        Where 'open in the dashboard' leads; '' for the start screen and its first view.
    also : tuple of str
        Further groupings of the model that the dashboard then shows.
    """

    data: str
    spec: ModelSpec
    screen: str = ""
    view: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Row:
    """One row of the figure ``numbers``: a quantity and what it is called."""

    quantity: Expression
    label: Template
    mark: str


@dataclass(frozen=True, eq=False)
class Task:
    """The one thing to do.

    Attributes
    ----------
    kind : TaskKind
    ask : Template
        The instruction or question.
    answer : str
        ``number``: see ``quantity``. ``group``: a group or a selector such as ``@most_moved``.
        ``fit``: ``least`` or ``most`` of ``by``.
    quantity : Expression or None
        The answer of ``number``.
    by : str
        ``group``: a quantity with a group at its end, without the group. ``fit``: a quantity
        with ``*`` where the fit goes.
    low, high, step : float
        Ends and step of the slider.
    label : Template or None
        What the answer is called.
    """

    kind: TaskKind
    ask: Template
    answer: str = ""
    quantity: Expression | None = None
    by: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 0.1
    label: Template | None = None

    @property
    def is_guess(self) -> bool:
        """Whether the answer is hidden at first."""
        return self.kind in GUESSES


@dataclass(frozen=True, eq=False)
class Step:
    """One step.

    Attributes
    ----------
    number : int
        1 for the first.
    title, text, after : Template
        ``after`` is shown once the reader has committed; empty where there is none.
    state : State
    figure : FigureKind
    groups : tuple of str
        Groups to show or name in the figure; names or selectors.
    term : Term
    along : str
        Group-level predictor along the figure ``pull``; '' for the size of the groups.
    rows : tuple of Row
        Of the figure ``numbers``.
    axis : Template or None
        What the figure ``numbers`` measures, with its unit.
    task : Task
    """

    number: int
    title: Template
    text: Template
    after: Template
    state: State
    figure: FigureKind
    groups: tuple[str, ...]
    term: Term
    along: str
    rows: tuple[Row, ...]
    axis: Template | None
    task: Task

    def templates(self) -> tuple[Template, ...]:
        """Return every text of the step."""
        some = (self.axis, self.task.label, *(row.label for row in self.rows))
        whole = (self.title, self.text, self.after, self.task.ask)
        return (*whole, *(t for t in some if t is not None))

    def quantities(self) -> tuple[Expression, ...]:
        """Return every placeholder of the step, those of texts and of the figure."""
        own = [row.quantity for row in self.rows]
        own += [self.task.quantity] if self.task.quantity is not None else []
        return (*own, *(e for t in self.templates() for e in t.expressions))


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson.

    Attributes
    ----------
    id : str
        Name of its file, without the ending.
    title, summary : str
        As typed: escape them for the renderer.
    source : str
        What the lesson follows, '' where there is nothing to name.
    steps : tuple of Step
    """

    id: str
    title: str
    summary: str
    source: str
    steps: tuple[Step, ...]
