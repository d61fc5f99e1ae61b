"""Names of columns: on one line, not empty, each but once."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from core.formats import shorten
from core.tables.limits import LIMITS


def unique_names(
    typed: Sequence[str], *, has_header: bool = True
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return unique, non-empty, one-line names, and the pairs (typed, became) that differ.

    Empty names become 'column_3'; the second 'x' becomes 'x_2'. Blanks at the ends go without
    mention.
    """
    bare = [_clean_name(name) for name in typed]
    taken = {name for name in bare if name}
    seen: set[str] = set()
    names, renamed = [], []
    for position, (original, name) in enumerate(zip(typed, bare, strict=True), start=1):
        stem, count = name or f"column_{position}", 2
        final = stem
        while final in seen or (final != name and final in taken):
            final, count = f"{stem}_{count}", count + 1
        seen.add(final)
        names.append(final)
        if final != original.strip() and has_header:
            renamed.append((shorten(original, 80), final))
    return names, renamed


def _clean_name(name: str) -> str:
    """Return a name on one line, without control characters, at most ``name_length`` long."""
    name = "".join(" " if unicodedata.category(c) == "Cc" else c for c in name)
    name = " ".join(name.replace("﻿", "").split())
    limit = LIMITS.name_length
    return name if len(name) <= limit else name[: limit - 1] + "…"
