"""The controls of the screen Ranking."""

from __future__ import annotations

from pages._shared.control import Control, coefficients
from pages._shared.dataset import Shown


def _groups(shown: Shown) -> tuple[str, ...]:
    return shown.group_names


VIEW = Control("view", "ranking_view", "ranks", choices=("ranks", "estimates", "size"))
TERM = Control("term", "ranking_term", None, "text", is_private=True, offers=coefficients)
SHARE = Control("share", "ranking_share", 0.1, choices=(0.05, 0.1, 0.2, 0.25))
MARK = Control("mark", "ranking_groups_{table}", None, "many", is_private=True, offers=_groups)
CONTROLS = (VIEW, TERM, SHARE, MARK)
