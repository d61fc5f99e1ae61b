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


class SpecError(PoolingError):
    """A model specification that contradicts itself or the table."""

    code = "spec_error"


class NotIdentifiedError(PoolingError):
    """The data cannot tell the parameters of the model apart (named in the message)."""

    code = "not_identified"


class DegenerateDataError(PoolingError):
    """The outcome does not vary inside groups, so the likelihood is unbounded."""

    code = "degenerate"
