"""The prose of the app, from ``assets/text``: no prose in code."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@lru_cache(maxsize=64)
def load(name: str) -> dict[str, Any]:
    """Return the texts of one screen, ``assets/text/<name>.toml``."""
    return tomllib.loads((ASSETS / "text" / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """Return the text of a file in ``assets`` (style sheets, scripts)."""
    return (ASSETS / name).read_text(encoding="utf-8")
