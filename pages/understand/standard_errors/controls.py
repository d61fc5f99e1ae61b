"""The control of the screen Standard errors."""

from __future__ import annotations

from pages._shared.control import Control

TERMS = Control("terms", "standard_errors_terms_{table}", None, "many", is_private=True)
CONTROLS = (TERMS,)
