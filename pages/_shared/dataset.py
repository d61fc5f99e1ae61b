"""``Dataset``, a table on offer, and ``Shown``, what the screens show of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

import core
from core.exceptions import PoolingError
from core.factors_results import FactorsFits
from core.results import PoolingFits
from core.spec import ModelSpec
from core.tables.term_words import worded
from core.tables.wording import Wording
from pages._shared.host import room


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table on offer: an example, or an upload of this session.

    ``id`` names the content: the example's id, or a digest of the uploaded bytes and of what
    was mended since. ``fixes`` are the mendings, ``previous`` is the table before the last, and
    ``base`` the id of the example that it all began with (empty for an upload). ``content`` is
    the file as it came, for reading it again with other ``options``. A table that stays
    ``elsewhere`` has some of its rows as ``table``; ``look_note`` says which.
    """

    id: str
    title: str
    table: pd.DataFrame
    wording: Wording
    first_spec: ModelSpec | None
    story: str = ""
    source: str = ""
    is_upload: bool = False
    changes: tuple[str, ...] = ()
    previous: Dataset | None = None
    content: bytes = b""
    options: core.ReadOptions = field(default_factory=core.ReadOptions)
    fixes: tuple[core.Fix, ...] = ()
    base: str = ""
    elsewhere: core.LazyTable | None = None
    look_note: str = ""

    def __post_init__(self) -> None:
        """Have a reader's own table counted for as long as it is held."""
        if self.is_upload:
            room.hold(self)

    @cached_property
    def table_bytes(self) -> int:
        """Bytes of the table's columns and of the file it was read from."""
        return int(self.table.memory_usage(index=False).sum()) + len(self.content)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the screens show.

    Attributes
    ----------
    dataset, spec, fits
        What the fits are of.
    error : PoolingError or None
        Why the model asked for could not be fitted; the fits are then the last that worked.
    factor : str
        The factor that is in view where the model has several: ``fits`` are then a view of it,
        and ``words`` those for its levels. '' for everything together.
    """

    dataset: Dataset
    spec: ModelSpec
    fits: PoolingFits
    error: PoolingError | None = None
    factor: str = ""
    words: Wording | None = None

    @property
    def group_names(self) -> tuple[str, ...]:
        """The groups that can be looked at; with several factors the levels of all of them."""
        if isinstance(self.fits, FactorsFits):
            return tuple(n for f in self.fits.data.factors for n in f.level_names)
        return self.fits.data.group_names

    @cached_property
    def wording(self) -> Wording:
        """What things are called, terms of the model among them."""
        return worded(self.words or self.dataset.wording, self.fits.data)
