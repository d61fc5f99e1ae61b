"""Two hundred small files made to grow, by name: each is at most 1 MB and made when asked for."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from typing import Any

from tests.core.tables.read import hostile_binary
from tests.core.tables.read.hostile_kinds import MOST, add, lying, sizes


# JSON: rows of unlike widths, keys, nesting, repeated keys, numbers.
def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _json() -> None:
    for label, n in sizes(500, 2_000, 8_000, 20_000, 90_000):
        add(f"first-row-wide-{label}.json", lambda n=n: _dump([[1] * n] + [[1]] * n))
        add(f"one-record-wide-{label}.json", lambda n=n: _dump(
            [{f"k{i}": 1 for i in range(min(n, 40_000))}]
            + [{"k0": 1}] * min(n, 50_000)))  # fmt: skip
        add(f"keys-of-their-own-{label}.json", lambda n=n: _dump(
            [{f"k{i}": 1} for i in range(min(n, 70_000))]))  # fmt: skip
        add(f"keyed-columns-{label}.json", lambda n=n: _dump(
            {f"c{i}": {f"r{i}": 1} for i in range(min(n, 45_000))}))  # fmt: skip
        add(f"keyed-rows-{label}.json", lambda n=n: _dump(
            {str(i): {f"c{i}": 1} for i in range(min(n, 45_000))}))  # fmt: skip
        add(f"lines-of-their-own-{label}.jsonl", lambda n=n: b"\n".join(
            b'{"k%d":1}' % i for i in range(min(n, 70_000))))  # fmt: skip
        add(f"columns-of-one-{label}.json", lambda n=n: _dump(
            {f"c{i}": [1] for i in range(min(n, 70_000))}))  # fmt: skip
    for label, depth in sizes(1_000, 100_000, 480_000):
        add(f"nested-lists-{label}.json", lambda d=depth: b"[" * d + b"]" * d)
        add(f"nested-open-{label}.json", lambda d=depth: b"[" * d)
        add(f"nested-objects-{label}.json", lambda d=depth: b'[{"a":' * (d // 6) + b"1")
    add("repeated-key.json", lambda: b"[{" + b'"a":1,' * 150_000 + b'"a":1}]')
    add("repeated-wrapper.json", lambda: b"{" + b'"data":[[1]],' * 70_000 + b'"data":[]}')
    add("empty-objects.json", lambda: b"[" + b"{}," * 330_000 + b"{}]")
    add("empty-lists.json", lambda: b"[" + b"[]," * 330_000 + b"[]]")
    add("lists-in-cells.json", lambda: _dump([{"a": [[[]] * 40]}] * 4_000))
    add("huge-integer.json", lambda: b'[{"a":' + b"9" * 900_000 + b"}]")
    add("huge-integers.json", lambda: b"[" + (b'{"a":' + b"9" * 4_000 + b"},") * 240 + b"{}]")
    add("exponents.json", lambda: b"[" + b'{"a":1e99999},' * 70_000 + b"{}]")
    add("one-string.json", lambda: b'[{"a":"' + b"x" * 990_000 + b'"}]')
    add("escapes.json", lambda: b'[{"a":"' + b"\\u0041" * 160_000 + b'"}]')
    add("surrogates.json", lambda: b"[" + b'{"a":"\\ud800"},' * 60_000 + b"{}]")
    add("bad-at-its-end.jsonl", lambda: b'{"a":1}\n' * 120_000 + b"{")
    add("long-keys.json", lambda: _dump([{"k" * 400 + str(i): 1} for i in range(2_300)]))
    add("split.json", lambda: _dump({"columns": ["a"] * 9_000, "data": [[1]] * 100_000}))
    add("wrapped.json", lambda: b'{"data":' * 90_000 + b"[[1],[2]]" + b"}" * 90_000)


# Text: ragged rows, quotes, long lines, runs that a pattern could take the square of.
def _text() -> None:
    wide = b",".join([b"1"] * 2_000) + b"\n"
    for label, n in sizes(2, 100, 200):
        for short in (b"1\n", b"1,2\n", b"\n", b",\n", b'"\n"\n'):
            name = f"ragged-{label}-{short!r}.csv".replace("\\", "").replace('"', "q")
            add(name, lambda n=n, s=short: (wide * n + s * MOST)[:MOST])
    for label, n in sizes(2_000, 20_000, 400_000):
        add(f"header-wide-{label}.csv", lambda n=n: (
            b",".join(b"%d" % (i % 9) for i in range(n))
            + b"\n" + b"1\n" * MOST)[:MOST])  # fmt: skip
        add(f"widths-of-their-own-{label}.csv", lambda n=n: (
            b"x\n" + b"".join(b"," * (n - 2 * (i % 2) * i) + b"\n"
                              for i in range(300)))[:MOST])  # fmt: skip
        add(f"quote-never-closed-{label}.csv", lambda n=n: (
            b'a,b\n"' + b"1,2\n" * n)[:MOST])  # fmt: skip
    runs = {"digits": b"1", "blanks": b" ", "points": b".", "signs": b"-", "quotes": b'"',
            "tabs": b"\t", "commas": b",", "letters": b"a", "returns": b"\r", "lines": b"\n",
            "underscores": b"_", "equals": b"=", "hashes": b"#", "backslashes": b"\\"}  # fmt: skip
    for what, mark in runs.items():
        add(f"run-of-{what}.csv", lambda m=mark: b"a;b\n1;2\n3;x" + m * 130_000 + b"y\n4;5\n")
        add(f"cells-of-{what}.csv", lambda m=mark: (
            b"name;b\n" + b"".join(b"1%s!total;%d\n" % (m * 40_000, i)
                                   for i in range(20))))  # fmt: skip
    add("total-and-blanks.csv", lambda: b"g;y\n" + b"".join(
        b"total%s%d;%d\n" % (b" " * 100_000, i, i) for i in range(8)))  # fmt: skip
    add("ids-of-digits.csv", lambda: b"school,id,y\n" + b"".join(
        b"%d,%s%d,%d\n" % (i % 20, b"7" * 5_000, i % 9, i) for i in range(180)))  # fmt: skip
    add("one-line.csv", lambda: b"x" * MOST)
    add("rows-of-one.csv", lambda: b"1\n" * (MOST // 2))
    add("spaces.txt", lambda: b"a b c\n" + b"1   2  3\n" * 110_000)
    add("names-alike.csv", lambda: b",".join([b"x"] * 2_000) + b"\n" + wide * 200)
    add("comments.csv", lambda: b"#\n" * 400_000 + b"a,b\n1,2\n")
    add("levels-crossed.csv", _crossed)
    add("wide-to-reshape.csv", _wide)
    add("utf16-wide.csv", lambda: ("," * 1_999 + "\n" + "1\n" * 200_000).encode("utf-16")[:MOST])
    add("charset-strays.csv", lambda: b"a,b\n" + b"\xff\xfe\xfd,1\n" * 150_000)


def _crossed() -> bytes:
    rows = (f"s{i % 10_000},c{i // 7 % 10_000},k{i % 190},m{i // 190 % 190},{i % 97}" for i in
            range(MOST // 25))  # fmt: skip
    return ("school,class,kind,mode,score\n" + "\n".join(rows)).encode()[:MOST]


def _wide() -> bytes:
    names = ["id", *(f"height_{t}" for t in range(1_000)), *(f"note{i}" for i in range(900))]
    rows = [",".join(str((i * j) % 10) for j in range(len(names))) for i in range(250)]
    return ("\n".join([",".join(names), *rows])).encode()[:MOST]


# Archives: bombs, and sizes that are not true.
def _packed(content: bytes, name: str = "t.csv", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _archives() -> None:
    rows, zeros = b"a,b\n1,2" + b" " * 60_000_000, lambda n: b"\0" * n
    methods = {"deflate": zipfile.ZIP_DEFLATED, "bz2": zipfile.ZIP_BZIP2, "xz": zipfile.ZIP_LZMA}
    for what, method in methods.items():
        add(f"bomb-{what}.zip", lambda m=method: _packed(rows, method=m)[:MOST])
        add(f"lies-{what}.zip", lambda m=method: lying(_packed(rows, method=m))[:MOST])
    add("bomb.csv.gz", lambda: gzip.compress(rows))
    add("bomb.csv.bz2", lambda: bz2.compress(rows))
    add("bomb.csv.xz", lambda: lzma.compress(rows))
    add("members.gz", lambda: gzip.compress(b"1,2\n" * 1_000) * 15_000)
    add("just-below.csv.gz", lambda: gzip.compress(_digits(40_000_000)))
    add("ragged.csv.gz", lambda: gzip.compress(
        (b",".join([b"1"] * 2_000) + b"\n") * 150 + b"1,2\n" * 4_000_000))  # fmt: skip
    add("records.json.gz", lambda: gzip.compress(b"[" + b'{"a":[]},' * 2_000_000 + b"{}]"))
    add("blanks.csv.zip", lambda: _packed(b"a,b\n" + b" " * 9_900_000))
    add("json.zip", lambda: _packed(_dump([[1] * 20_000] + [[1]] * 20_000), "t.json"))
    add("many-members.zip", _many_members)
    add("mimetype.zip", lambda: _packed(zeros(200_000_000), "mimetype", zipfile.ZIP_BZIP2))
    add("nested.zip", lambda: _packed(_packed(_packed(rows), "t.zip"), "t.csv"))


def _digits(size: int) -> bytes:
    dice = random.Random(1)
    row = b"\n".join(b"%d,%d" % (dice.randrange(9), dice.randrange(99)) for _ in range(2_500))
    return b"a,b\n" + (row + b"\n") * (size // len(row))


def _many_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(8_000):
            archive.writestr(f"{i}.csv", "")
    return out.getvalue()[: MOST + 400_000][:MOST]


for _fill in (_json, _text, _archives, hostile_binary.fill):
    _fill()

#: One or two of every kind: enough to notice that a bound is gone.
QUICK = (
    "first-row-wide-20_000.json", "one-record-wide-20_000.json", "keyed-columns-20_000.json",
    "keys-of-their-own-90_000.json", "nested-open-480_000.json", "huge-integer.json",
    "ragged-200-b'1,2n'.csv", "header-wide-400_000.csv", "run-of-blanks.csv", "run-of-digits.csv",
    "widths-of-their-own-400_000.csv", "ids-of-digits.csv", "levels-crossed.csv", "lies-bz2.zip",
    "wide-to-reshape.csv", "just-below.csv.gz", "far-corner-1048576-XFD.xlsx",
    "shared-string-100_000.xlsx", "merged-overlapping-40_000.xlsx", "lies.xlsx",
    "repeated-rows-1_000_000.ods", "dictionary-100_000-1000000.parquet",
    "dictionary-100_000-1000000.feather", "run-lengths-4_900_000.parquet",
    "booleans-900_000.parquet", "zeros-4_900_000.feather", "gzip-inside.rds",
)  # fmt: skip
