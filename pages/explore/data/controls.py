"""The controls of the screen Data that a link holds."""

from __future__ import annotations

from pages._shared.control import Control

FIND = Control("find", "data_find_{table}", "", "text", is_private=True)
PAGE = Control("page", "data_page_{table}", 1, "whole", low=1, high=10_000)
CONTROLS = (FIND, PAGE)
