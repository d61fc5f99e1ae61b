"""The library that draws figures, packed for a file that has to do without a network."""

from __future__ import annotations

import base64
import gzip
from functools import lru_cache

from plotly.offline import get_plotlyjs


@lru_cache(maxsize=1)
def packed_engine() -> str:
    """Return Plotly's script, gzipped and in base64: about 2 MB."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()
