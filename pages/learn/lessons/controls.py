"""The controls of the screen Lessons; what a reader does in a step is kept by step."""

from __future__ import annotations

import numpy as np

from core.lessons.catalogue import LESSONS
from core.lessons.parse import MOST_STEPS
from pages._shared.control import Control
from pages._shared.dataset import Shown
from pages.learn.lessons import shelf


def _steps(_: Shown) -> range:
    lesson = shelf.available().get(LESSON.now())
    return range(1, (MOST_STEPS if lesson is None else len(lesson.steps)) + 1)


LESSON = Control("lesson", "lessons_id", "", choices=("", *LESSONS, shelf.OWN), is_place=True)
STEP = Control(
    "step", "lessons_step", 1, "whole", low=1, high=MOST_STEPS, offers=_steps, is_place=True
)
#: What a reader committed to in a step of a lesson.
GUESS = Control("guess", "lessons_said_{step}", None, "text", is_own=True)
PICK = Control("pick", "lessons_choice_{step}", None, "text")
#: Positions of the dial, from no to complete pooling.
TURN = Control(
    "turn",
    "lessons_dial_{step}",
    1.0,
    choices=(np.inf, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.0),
)
CONTROLS = (LESSON, STEP, GUESS, PICK, TURN)
