"""``scripts``: what gives the displayed numbers again, as files in one folder."""

from __future__ import annotations

import io
import zipfile

from core.results import PoolingFits
from core.takeaway.cleaned import cleaned_table
from core.takeaway.posterior_script import posterior_script
from core.takeaway.python_script import python_script
from core.takeaway.r_script import r_script

TABLE, R, PYTHON, HASH = "table.csv", "refit.R", "refit.py", "table.sha256"
POSTERIOR = "posterior.py"


def scripts(fits: PoolingFits) -> dict[str, bytes]:
    """Return scripts in R and Python, the cleaned table beside them, and its hash.

    Each script checks on its first line that the table is the one it was made for, fits the model
    anew, and prints displayed and recomputed numbers side by side. ``posterior.py`` is there where
    bambi can draw the full posterior of the model.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    table = cleaned_table(fits)
    drawn = posterior_script(fits, table, TABLE).encode()
    return {
        TABLE: table.content,
        R: r_script(fits, table, TABLE).encode(),
        PYTHON: python_script(fits, table, TABLE).encode(),
        HASH: f"{table.sha256}  {TABLE}\n".encode(),
        **({POSTERIOR: drawn} if drawn else {}),
    }


def packed(files: dict[str, bytes]) -> bytes:
    """Return files as one zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
