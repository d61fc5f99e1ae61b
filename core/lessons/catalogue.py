"""The shipped lessons, in the order of their file names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from core.lessons.lesson import Lesson
from core.lessons.parse import parse_lesson

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"


class Lessons(Mapping[str, Lesson]):
    """The shipped lessons by id; read when first used."""

    @cached_property
    def _lessons(self) -> Mapping[str, Lesson]:
        files = sorted(FOLDER.glob("*.toml"), key=lambda path: (len(path.stem.split("-")[0]), path))
        found = [parse_lesson(path.read_bytes(), path.name) for path in files]
        return {lesson.id: lesson for lesson in found}

    def __getitem__(self, name: str) -> Lesson:
        return self._lessons[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lessons)

    def __len__(self) -> int:
        return len(self._lessons)


LESSONS = Lessons()
