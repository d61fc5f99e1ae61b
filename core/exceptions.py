"""The errors of ``core``: every one says what is wrong, where, and what to do."""

from __future__ import annotations


class PoolingError(Exception):
    """Root of all errors that a user of ``core`` can cause or meet.

    Parameters
    ----------
    message : str
        What is wrong, where (column, groups, the numbers), and what to do.
    code : str
        A stable identifier of the kind of error, for programs and tests.
    """

    code: str = "pooling_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class DataError(PoolingError):
    """A file or table that cannot be read or used as it is."""

    code = "data_error"


class SourceError(DataError):
    """A table that stays where it is, and cannot be reached or used there.

    The message names the source by its label alone: no address, user or password. ``code`` is
    one of ``engine_missing``, ``not_reached``, ``lost``, ``changed``, ``column_gone``,
    ``table_gone``, ``not_permitted``, ``out_of_resources``, ``cancelled``, ``refused``,
    ``unknown_source``, ``rows_elsewhere``.
    """

    code = "refused"


class SpecError(PoolingError):
    """A model specification that contradicts itself or the table."""

    code = "spec_error"


class NotIdentifiedError(PoolingError):
    """The data cannot tell the parameters of the model apart (named in the message)."""

    code = "not_identified"


class DegenerateDataError(PoolingError):
    """The outcome does not vary inside groups, so the likelihood is unbounded."""

    code = "degenerate"


class NotSupportedError(PoolingError):
    """Something that this kind of model cannot be asked for (yet), and what can be."""

    code = "not_supported"


class LessonError(PoolingError):
    """A lesson file that cannot be used.

    Attributes
    ----------
    file : str
        Name of the file.
    step : int or None
        The step at fault, 1 for the first; None where it is the lesson as a whole.
    reason : str
        What is wrong and what to do.
    """

    code = "lesson_error"

    def __init__(self, file: str, step: int | None, reason: str) -> None:
        where = f"'{file}'" if step is None else f"'{file}', step {step}"
        super().__init__(f"{where}: {reason}")
        self.file, self.step, self.reason = file, step, reason
