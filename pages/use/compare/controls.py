"""The controls of the screen Compare."""

from __future__ import annotations

from pages._shared.control import Control

HOLD_OUT = Control("compare_out", "compare_hold_out", "people", choices=("people", "groups"))
CONTROLS = (HOLD_OUT,)
