"""The cleaned table: the rows and columns that every fit used, as a script reads them.

Categories are written out as columns of 0 and 1, group-level predictors and derived columns stand
in it as they entered the fits, and names become plain words that R and Python can read. What was
typed by a stranger reaches a script only as quoted text.
"""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.results import PoolingFits
from core.tables.export import neutralise

#: Words that R or Python keep for themselves, and names that the scripts use.
_RESERVED = frozenset(
    [
        *("if", "else", "repeat", "while", "function", "for", "next", "break", "in", "true"),
        *("false", "null", "inf", "nan", "na", "c", "t", "df", "table", "fit", "group", "sd"),
        *keyword.kwlist,
    ]
)
_LONGEST = 32


@dataclass(frozen=True, eq=False)
class CleanedTable:
    """The table beside a script.

    Attributes
    ----------
    content : bytes
        CSV, UTF-8, numbers in full.
    outcome : str
        Column of the outcome.
    terms : dict of str to str
        What every term of the design is called in the table, by its name in the fits (without the
        intercept; products of columns are not columns of their own).
    said : dict of str to str
        What a column of the table is, in the reader's words.
    weights : str
        Column of the precision weights; '' for none. Rows with a frequency stand in it as often.
    """

    content: bytes
    outcome: str
    terms: dict[str, str]
    said: dict[str, str]
    weights: str = ""

    @property
    def sha256(self) -> str:
        """The table's hash."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def md5(self) -> str:
        """The same as R knows it without a package; it proves sameness, not safety."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


def plain_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names made of letters, digits and underscores, each but once.

    Examples
    --------
    >>> plain_names(["log radon", "größe", "größe", "=cmd|' /C calc'!A0", "if", "8"])
    ['log_radon', 'grosse', 'grosse_2', 'cmd_c_calc_a0', 'if_', 'x8']
    """
    out: list[str] = []
    seen = set(taken)
    for name in names:
        text = name.replace("ß", "ss")
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        text = re.sub(r"\W+", "_", text).strip("_").lower()[:_LONGEST].rstrip("_")
        text = text if text and not text[0].isdigit() else f"x{text}"
        text += "_" if text in _RESERVED else ""
        final, count = text, 2
        while final in seen:
            final, count = f"{text}_{count}", count + 1
        seen.add(final)
        out.append(final)
    return out


def cleaned_table(fits: PoolingFits) -> CleanedTable:
    """Return the rows and columns that the fits used."""
    data = fits.data
    bases = [item.name for item in data.base]
    higher = [name for name, _ in data.group_columns]
    outcome, *plain = plain_names([data.spec.outcome, *bases, *higher], taken=["group"])
    labels = np.array([neutralise(name) for name in data.group_names], dtype=object)
    columns: dict[str, object] = {outcome: data.y, "group": labels[data.group_index]}
    terms: dict[str, str] = {}
    for i, name in enumerate(bases):
        columns[plain[i]] = data.base_values(i + 1)
        terms[name] = plain[i]
    for name, (_, values), made in zip(
        higher, data.group_columns, plain[len(bases) :], strict=True
    ):
        columns[made] = values[data.group_index]
        terms[name] = made
    weights = ""
    if data.weights is not None:
        (weights,) = plain_names([f"weight {data.spec.weights}"], taken=columns)
        columns[weights] = data.weights
    text: str = pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")
    said = {outcome: data.spec.outcome, "group": data.spec.group}
    said |= {made: name for name, made in terms.items()}
    said |= {weights: data.spec.weights} if weights else {}
    return CleanedTable(text.encode("utf-8", errors="replace"), outcome, terms, said, weights)
