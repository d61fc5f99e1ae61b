"""Every table behind the figures of a report, with a first sheet that says which is which."""

from __future__ import annotations

import pandas as pd

from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.wording import Wording
from core.takeaway.pictures import sections
from core.takeaway.workbook import sheet_names


def all_tables(
    fits: PoolingFits,
    screens: tuple[str, ...],
    wording: Wording,
    posterior: Posterior | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of screens, by the name of the sheet they go to.

    Figures with the same numbers share a sheet. The first, 'Contents', gives for every sheet the
    finding of its figure.

    Intervals are plug-in, or those of a ``posterior`` of the fits.

    Raises
    ------
    PoolingError
        When a screen is asked for that reports do not know.
    """
    found: list[tuple[str, str, pd.DataFrame]] = []
    for section in sections(fits, screens, wording, posterior):
        for picture in section.pictures:
            if not any(picture.table.equals(table) for _, _, table in found):
                found.append((section.title, picture.title, picture.table))
    names = sheet_names(["Contents", *(screen for screen, _, _ in found)])
    contents = pd.DataFrame(
        {
            "sheet": names[1:],
            "screen": [screen for screen, _, _ in found],
            "finding": [title for _, title, _ in found],
        }
    )
    return {names[0]: contents} | {
        name: table for name, (_, _, table) in zip(names[1:], found, strict=True)
    }
