"""The controls of the screen Terms."""

from __future__ import annotations

from pages._shared.control import Control

FIND = Control("find", "terms_search", "", "text")
VIEW = Control("view", "terms_view", "words", choices=("words", "dictionary"))
CONTROLS = (FIND, VIEW)
