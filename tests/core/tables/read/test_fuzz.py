"""Damaged files: whatever the bytes, a table comes out or a sentence, and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core

TEXT_KINDS = ("csv", "semicolon", "quoted", "utf16", "latin", "json", "jsonl", "gz", "zip")
BINARY_KINDS = ("xlsx", "parquet", "feather", "dta", "sav", "xpt", "rds", "rda")
INTERESTING = (
    b"\0", b"\xff", b"\xff\xfe", b'"', b"'", b",", b";", b"\n", b"\r", b"\t", b"\x1a", b"=", b"#",
    b"1e999", b"-", b"NaN", b"\xef\xbb\xbf", b"9" * 400, b'"' * 7, b"\n" * 50, b"," * 500,
    b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xf0\x9f\x98\x80", b"\xc3", b"[" * 60, b"\\", b"0x",
    b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xff\xff\xff\xff\xff\xff\xff\x7f",
)  # fmt: skip


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "school": np.repeat(["north", "south", 'east, "old"', "wést"], 6),
            "score": rng.normal(size=24).round(3),
            "n": rng.integers(0, 99, 24),
            "when": pd.date_range("2020-01-01", periods=24).astype("datetime64[us]"),
        }
    )


def originals(kind: str) -> bytes:
    """Return a sound file of a kind."""
    table = _table()
    text = table.to_csv(index=False)
    if kind in TEXT_KINDS:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", text)
        records = json.loads(table.to_json(orient="records", date_format="iso"))
        return {
            "csv": text.encode(),
            "semicolon": table.to_csv(index=False, sep=";", decimal=",").encode(),
            "quoted": ("# a comment\n\n" + table.to_csv(quoting=1)).encode(),
            "utf16": text.encode("utf-16"),
            "latin": text.encode("cp1252"),
            "json": json.dumps(records).encode(),
            "jsonl": "\n".join(map(json.dumps, records)).encode(),
            "gz": gzip.compress(text.encode()),
            "zip": packed.getvalue(),
        }[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{kind}"
        _write_binary(table, path, kind)
        return path.read_bytes()


def _write_binary(table: pd.DataFrame, path: Path, kind: str) -> None:
    import pyreadr
    import pyreadstat

    writers = {
        "xlsx": lambda: table.to_excel(path, index=False),
        "parquet": lambda: table.to_parquet(path),
        "feather": lambda: table.to_feather(path),
        "dta": lambda: table.to_stata(path, write_index=False),
        "sav": lambda: pyreadstat.write_sav(table, str(path)),
        "xpt": lambda: pyreadstat.write_xport(table, str(path)),
        "rds": lambda: pyreadr.write_rds(str(path), table),
        "rda": lambda: pyreadr.write_rdata(str(path), table),
    }
    writers[kind]()


def mutants(original: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield files that differ from a sound one by one to eight random injuries."""
    dice = random.Random(seed)
    for _ in range(count):
        data = bytearray(original)
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            _injure(data, dice)
        yield bytes(data)


def _injure(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data) + 1)
    end = min(len(data), at + dice.choice((1, 2, 8, 64, 512)))
    how = dice.randrange(7)
    if how == 0 and at < len(data):
        data[at] ^= 1 << dice.randrange(8)
    elif how == 1:
        data[at:end] = bytes(dice.randrange(256) for _ in range(end - at))
    elif how == 2:
        del data[at:end]
    elif how == 3:
        del data[at:]
    elif how == 4:
        data[at:at] = dice.choice(INTERESTING)
    elif how == 5:
        data[at:at] = data[at:end] * dice.choice((1, 2, 30))
    else:
        data[at:end] = dice.choice(INTERESTING)


def check(data: bytes, name: str) -> bool:
    """Read a file and return whether a table came out; fail on anything but a typed error."""
    try:
        table = core.read_table(data, name)
    except core.DataError as error:
        message = str(error)
        assert len(message) > 20
        assert message.endswith((".", ". …"))
        assert "Traceback" not in message
        assert len(message) < 900
        return False
    assert isinstance(table.index, pd.RangeIndex)
    assert table.columns.is_unique
    assert all(isinstance(name, str) and name.strip() for name in table.columns)
    for dtype in table.dtypes:
        assert dtype in ("int64", "float64") or dtype.kind == "M" or str(dtype) in (
            "str", "category", "object", "string"
        ), dtype  # fmt: skip
    core.examine(table)
    core.guess_roles(table)
    core.describe_columns(table)
    core.to_csv(table)
    return True


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_damaged_text_gives_a_table_or_a_sentence(
    kind: str, request: pytest.FixtureRequest
) -> None:
    count = 600 if request.config.getoption("--slow") else 40
    for data in mutants(originals(kind), count, seed=len(kind)):
        check(data, f"t.{kind}")


@pytest.mark.parametrize("kind", BINARY_KINDS)
def test_damaged_binaries_give_a_table_or_a_sentence(
    kind: str, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("pyreadr")
    pytest.importorskip("pyreadstat")
    count = 100 if request.config.getoption("--slow") else 2
    for data in mutants(originals(kind), count, seed=len(kind)):
        check(data, f"t.{kind}")
