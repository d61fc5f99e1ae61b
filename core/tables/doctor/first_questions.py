"""What must be asked about a table before anything is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pandas as pd

from core.exceptions import DataError
from core.formats import shorten
from core.tables.columns import column_of, is_numeric
from core.tables.doctor.doctor import examine
from core.tables.doctor.finding import Finding
from core.tables.fix import Fix, apply_fix
from core.tables.roles.guess_roles import Roles, guess_roles

About: TypeAlias = Literal["cells", "outcome", "group"]
#: Questions at once; more would be a questionnaire.
_MOST = 3


@dataclass(frozen=True, eq=False)
class Question:
    """A question whose answer decides what the first finding is.

    Attributes
    ----------
    about : {"cells", "outcome", "group"}
        How a column's cells are to be read, or which column plays a role.
    column : str
        The column, or the one that was guessed.
    sentence : str
        Plain text with names as typed: escape it where it is shown.
    fixes : tuple of Fix
        The answers, where they change the table.
    columns : tuple of str
        The answers, where they are columns: the guess first.
    """

    about: About
    column: str
    sentence: str
    fixes: tuple[Fix, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names this question among all of a table."""
        return f"{self.about}:{self.column}" if self.about == "cells" else self.about


@dataclass(frozen=True, eq=False)
class FirstLook:
    """What a table seems to be, and what must be asked before anything is said of it.

    Attributes
    ----------
    roles : Roles
        The guess.
    questions : tuple of Question
        Empty where nothing stands in the way of a first finding.
    """

    roles: Roles
    questions: tuple[Question, ...] = field(default=())


def first_look(table: pd.DataFrame) -> FirstLook:
    """Return the guessed roles of a table, and what to ask before a first finding.

    Parameters
    ----------
    table : DataFrame
        As ``read_table`` returns it.

    Returns
    -------
    FirstLook
        Asked is about cells that can be read in two ways, or hold codes for 'missing', in a
        column that plays a role or would play one once they are read; then about a role for which
        two columns are equally likely.
    """
    roles = guess_roles(table)
    findings = examine(table) if len(table) and table.shape[1] else ()
    cells = _about_cells(table, roles, findings)
    if cells:
        return FirstLook(roles, cells[:_MOST])
    wide = next((f for f in findings if f.code == "wide_layout" and f.fix is not None), None)
    return FirstLook(roles, _about_roles(roles, wide))


def _about_cells(
    table: pd.DataFrame, roles: Roles, findings: Sequence[Finding]
) -> tuple[Question, ...]:
    asked = [finding for finding in findings if _is_asked(finding, table, roles)]
    if not asked:
        return ()
    after = guess_roles(_read(table, asked))
    in_role = {name for found in (roles, after) for name in _named(found)}
    return tuple(
        Question("cells", finding.column, finding.message, finding.choices or (finding.fix,))
        for finding in asked
        if finding.column in in_role and finding.column is not None and finding.fix is not None
    )


def _is_asked(finding: Finding, table: pd.DataFrame, roles: Roles) -> bool:
    """Whether a finding leaves open which numbers a column holds."""
    if finding.fix is None or finding.column is None:
        return False
    if finding.code == "ordered_words":
        return finding.column == roles.outcome
    if finding.code == "missing_tokens":
        return finding.severity == "problem" and is_numeric(
            column_of(table, finding.column, "outcome")
        )
    return finding.code == "numeric_text"


def _read(table: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """Return the table with the first answer to every question."""
    for finding in findings:
        try:
            table = table if finding.fix is None else apply_fix(table, finding.fix)
        except DataError:
            continue
    return table


def _named(roles: Roles) -> tuple[str | None, ...]:
    return (roles.outcome, roles.group, *roles.predictors)


def _about_roles(roles: Roles, wide: Finding | None) -> tuple[Question, ...]:
    """Return a question for each role for which another column is as likely.

    Where the likeliest outcomes are one measurement at several times, these can be put below
    each other.
    """
    columns: tuple[str, ...] = () if wide is None else getattr(wide.fix, "columns", ())
    if wide is not None and wide.fix is not None and roles.outcome in columns:
        others = [name for name in roles.runners_up.get("outcome", ()) if name in columns]
        if roles.group is None or (others and "outcome" in roles.tosses):
            kept = (roles.outcome, *others) if roles.group is not None else ()
            return (Question("outcome", roles.outcome, wide.message, (wide.fix,), kept),)
    found = []
    for about, guessed in (("outcome", roles.outcome), ("group", roles.group)):
        others = list(roles.runners_up.get(about, ()))
        if about in roles.tosses and guessed is not None and others:
            found.append(_role_question(about, (guessed, *others)))
    return tuple(found)


def _role_question(about: str, columns: tuple[str, ...]) -> Question:
    names = " or ".join(f"'{shorten(name)}'" for name in columns[:2])
    sentences = {
        "outcome": f"What is to be explained: {names}? Nothing in the table tells.",
        "group": f"Which column names the groups: {names}? Nothing in the table tells.",
    }
    role: About = "outcome" if about == "outcome" else "group"
    return Question(role, columns[0], sentences[about], columns=columns)
