"""``Asking``: a question to a table elsewhere, answered meanwhile in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from core.exceptions import PoolingError, SourceError
from core.sources.engines.engine import words
from core.sources.engines.stop import Stop
from core.sources.grouping import Progress

#: What is asked: it tells its progress, and has what can be stopped follow the ``Stop``.
Question = Callable[[Progress, Stop], Any]


class Asking:
    """A question that is being answered.

    Parameters
    ----------
    question : callable
        Called with something to tell the progress to and with the ``Stop``.
    label : str
        What the source is called in messages; never an address.

    Attributes
    ----------
    said : str
        What is being done; '' at first.
    done : float
        How much of it all is done, 0 to 1.
    """

    def __init__(self, question: Question, label: str) -> None:
        self.said, self.done = "", 0.0
        self._label, self._question = label, question
        self._began = time.monotonic()
        self._stop = Stop()
        self._answer: Any = None
        self._error: PoolingError | None = None
        self._thread = threading.Thread(target=self._work, name="asking", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long it has been asked for."""
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        """Whether there is an answer, or the reason why there is none."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Wait for a while; return whether it is over."""
        self._thread.join(seconds)
        return self.is_over

    def answer(self) -> Any:
        """Return the answer, once it is over.

        Raises
        ------
        PoolingError
            What went wrong, in words; ``SourceError`` with the code ``cancelled`` when it was
            stopped.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._answer

    def stop(self) -> None:
        """End the question at the engine; from any thread."""
        self._stop.ask()

    def _work(self) -> None:
        try:
            answer = self._question(self._listen, self._stop)
            if self._stop.is_asked:
                raise words(self._label, "cancelled")
            self._answer = answer
        except PoolingError as error:
            self._error = error
        except Exception:
            # Nobody may see more: what a driver says can hold an address.
            self._error = SourceError(
                f"{self._label} could not be asked, for a reason that is not known. Open it again.",
                code="refused",
            )

    def _listen(self, said: str, done: float) -> None:
        if self._stop.is_asked:
            raise words(self._label, "cancelled")
        self.said, self.done = said, done
