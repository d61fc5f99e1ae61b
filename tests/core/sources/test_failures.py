"""What fails elsewhere is told in words, without an address, and what was shown stays."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import core
from core.exceptions import PoolingError
from core.sources.lazy_table import LazyTable
from tests.core.sources.same import differences
from tests.core.sources.server import PASSWORD, Server
from tests.core.sources.tables import load

CASE = load("dietox")
SECOND_PASS = "Summing products about the means"


def during(step: str, act: Callable[[], None]) -> Callable[[str, float], None]:
    """Return a listener to the progress that acts once, when a step begins."""
    done: list[str] = []

    def listen(text: str, _: float) -> None:
        if text == step and not done:
            done.append(text)
            act()

    return listen


def failure(table: LazyTable, **options: Any) -> core.SourceError:
    """Return the error of summing a table, after looking for secrets in all that it shows."""
    with pytest.raises(core.SourceError) as caught:
        table.grouped(CASE.spec, **options)
    shown = "".join(traceback.format_exception(caught.value))
    for text in (shown, repr(table), repr(table.__dict__), str(caught.value)):
        assert PASSWORD not in text and "tester" not in text
    return caught.value


@pytest.fixture
def opened(postgres: Server) -> Any:
    postgres.load("case", CASE.table)
    with core.open_table(postgres.address(), table="case") as table:
        yield table


@pytest.fixture
def local() -> Any:
    """Return a DuckDB connection of the program's own with the case in it."""
    import ibis

    backend = ibis.duckdb.connect()
    backend.con.register("rows", pa.Table.from_pandas(CASE.table, preserve_index=False))
    backend.raw_sql('CREATE TABLE "case" AS SELECT * FROM rows')
    yield backend
    backend.disconnect()


def test_a_killed_database(opened: LazyTable, postgres: Server) -> None:
    before = core.fit_all(opened.grouped(CASE.spec))
    try:
        error = failure(opened, progress=during(SECOND_PASS, postgres.kill))
        assert error.code == "lost"
        assert "ended the connection" in str(error) and "'case' (PostgreSQL)" in str(error)
        assert failure(opened).code == "not_reached"
        assert before.multilevel.fixef[1] > 0  # what was there stays
    finally:
        postgres.restart()
    after = core.fit_all(opened.grouped(CASE.spec))  # the connection is made anew
    assert differences(after, before) == {}


def test_a_dropped_connection(opened: LazyTable, postgres: Server) -> None:
    def drop() -> None:
        with postgres.connect() as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'partial pooling'"
            )

    assert failure(opened, progress=during(SECOND_PASS, drop)).code == "lost"
    assert opened.n_rows == len(CASE.table)


def test_one_snapshot_of_a_database_that_is_written_to(opened: LazyTable, postgres: Server) -> None:
    def write() -> None:
        with postgres.connect() as other:
            other.execute('INSERT INTO "case" SELECT * FROM "case" LIMIT 100')
            other.execute('UPDATE "case" SET "Weight" = "Weight" + 1')

    listen = during(SECOND_PASS, write)
    ours = core.fit_all(opened.grouped(CASE.spec, progress=listen))
    theirs = core.fit_all(core.GroupedData.from_table(CASE.table, CASE.spec))
    assert differences(ours, theirs) == {}


@pytest.mark.parametrize(
    "statement",
    (
        'INSERT INTO "case" SELECT * FROM "case" LIMIT 1',
        'DELETE FROM "case" WHERE "Time" = 3',
        'UPDATE "case" SET "Weight" = "Weight" + 0.1 WHERE "Time" = 3',
    ),
)
def test_a_table_that_changes_between_the_passes(local: Any, statement: str) -> None:
    table = core.open_table(local.table("case"), label="The table 'case'")
    error = failure(table, progress=during(SECOND_PASS, lambda: local.raw_sql(statement)))
    assert error.code == "changed" and "changed while it was read" in str(error)


def test_a_file_that_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "case.parquet"
    CASE.table.to_parquet(path)
    with core.open_table(path) as table:
        other = CASE.table.assign(Weight=CASE.table["Weight"] + 1.0).iloc[:-3]
        error = failure(table, progress=during(SECOND_PASS, lambda: other.to_parquet(path)))
        assert error.code == "changed" and "'case.parquet'" in str(error)
        path.unlink()
        assert failure(table).code == "table_gone"


def test_a_column_that_disappears(opened: LazyTable, postgres: Server, local: Any) -> None:
    with postgres.connect() as other:
        other.execute('ALTER TABLE "case" DROP COLUMN "Time"')
    error = failure(opened)
    assert error.code == "column_gone" and "'Time'" in str(error)
    handed = core.open_table(local.table("case"), label="The table 'case'")
    local.raw_sql('ALTER TABLE "case" DROP COLUMN "Time"')
    error = failure(handed)
    assert error.code == "column_gone" and "'Time'" in str(error)


def test_a_table_that_disappears(opened: LazyTable, postgres: Server) -> None:
    with postgres.connect() as other:
        other.execute('DROP TABLE "case"')
    assert failure(opened).code == "table_gone"


def test_an_account_that_may_not_read(opened: LazyTable, postgres: Server) -> None:
    with postgres.connect() as other:
        other.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        other.execute("GRANT USAGE ON SCHEMA public TO guest")
    address = postgres.address().replace(f"tester:{PASSWORD}", "guest:guest")
    with core.open_table(address, table="case") as table:
        assert failure(table).code == "not_permitted"


def _stop_soon(table: LazyTable, seconds: float = 0.7) -> threading.Timer:
    timer = threading.Timer(seconds, table.cancel)
    timer.start()
    return timer


def test_cancelling_ends_the_query_of_a_server(postgres: Server) -> None:
    postgres.load("case", CASE.table)
    with postgres.connect() as other:
        other.execute("DROP VIEW IF EXISTS slow")
        other.execute('CREATE VIEW slow AS SELECT * FROM "case" WHERE pg_sleep(0.05) IS NOT NULL')
    with core.open_table(postgres.address(), table="slow") as table:
        _stop_soon(table)
        began = time.monotonic()
        assert failure(table).code == "cancelled"
        assert time.monotonic() - began < 20  # left alone it sleeps for minutes
        with postgres.connect() as other:
            running = other.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = 'partial pooling' AND state = 'active'"
            ).fetchone()
        assert running == (0,)


def test_cancelling_ends_the_query_of_duckdb(local: Any) -> None:
    local.raw_sql(
        'CREATE VIEW slow AS SELECT \'a\' || (i % 7) AS "Pig", sin(i) AS "Weight", '
        'cos(i) AS "Time" FROM range(1000000000000) AS t(i)'
    )
    table = core.open_table(local.table("slow"))
    _stop_soon(table)
    assert failure(table).code == "cancelled"
    # The connection goes on serving.
    assert core.open_table(local.table("case")).n_rows == len(CASE.table)


def test_a_password_that_is_wrong_stands_nowhere(postgres: Server) -> None:
    wrong = PASSWORD[::-1]
    with pytest.raises(core.SourceError) as caught:
        core.open_table(postgres.address(wrong), table="case")
    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.code == "not_reached"
    assert not any(part in shown for part in (wrong, "tester", str(postgres.folder)))


@pytest.mark.parametrize(
    "address",
    (
        "postgresql://u:secret-word@127.0.0.1:1/none",
        "postgresql://u:secret-word@[bad/none?nonsense=1",
        "postgres://u:secret-word@host.invalid/none",
    ),
)
def test_an_address_without_a_server(address: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(core.SourceError) as caught:
        core.open_table(address, table="t")
    assert caught.value.code == "not_reached"
    assert "secret-word" not in "".join(traceback.format_exception(caught.value))


def test_nothing_is_written_to_a_database(opened: LazyTable, postgres: Server) -> None:
    opened.grouped(CASE.spec)
    with pytest.raises(Exception, match="read-only"):
        opened._engine.backend.raw_sql("CREATE TEMP TABLE mine (x int)")


@pytest.mark.parametrize("source", ("s3://bucket/x.parquet", "sqlite:///x.db", "https://x/y.csv"))
def test_other_addresses_are_not_opened(source: str) -> None:
    with pytest.raises(core.SourceError, match="not opened"):
        core.open_table(source)


def test_what_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 this is not one PAR1")
    (tmp_path / "note.docx").write_bytes(b"x")
    for path in (tmp_path / "none.parquet", tmp_path / "note.docx", tmp_path / "bad.parquet"):
        with pytest.raises(PoolingError):
            core.open_table(path)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(core.SourceError, match="several kinds"):
        core.open_table(tmp_path)


def test_duckdb_reads_no_other_file(tmp_path: Path) -> None:
    CASE.table.to_parquet(tmp_path / "case.parquet")
    CASE.table.to_parquet(tmp_path / "other.parquet")
    with core.open_table(tmp_path / "case.parquet") as table:
        backend = table._engine.backend
        for path in (tmp_path / "other.parquet", Path(__file__)):
            with pytest.raises(Exception, match=r"[Cc]annot access|Permission"):
                backend.raw_sql(f"SELECT * FROM read_text('{path}')").fetchall()
        with pytest.raises(Exception, match="locked"):
            backend.raw_sql("SET enable_external_access = true")


def test_spilled_files_go_with_the_table(tmp_path: Path) -> None:
    CASE.table.to_csv(tmp_path / "case.csv", index=False)
    own = tmp_path / "own"
    own.mkdir()
    table = core.open_table(tmp_path / "case.csv", folder=own)
    assert list(own.iterdir())
    table.close()
    assert not list(own.iterdir())
    table.close()


def _bad_specs() -> dict[str, tuple[pd.DataFrame, core.ModelSpec]]:
    rng = np.random.default_rng(5)
    n = 900
    table = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "g": rng.choice(list("abcdef"), size=n),
            "x": rng.normal(size=n),
            "text": [f"t{i % 300}" for i in range(n)],
            "kind": rng.choice(["p", "q"], size=n),
            "one": "same",
            "none": np.full(n, np.nan),
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(n), unit="D"),
            "huge": rng.normal(size=n) * 1e120,
        }
    )
    spec = core.ModelSpec("y", "g", ("x",))
    return {
        "no such outcome": (table, spec.update(outcome="z")),
        "no such predictor": (table, spec.update(predictors=("zz",))),
        "an outcome of text": (table, spec.update(outcome="text")),
        "a date": (table, spec.update(predictors=("day",))),
        "too many levels": (table, spec.update(predictors=("text",))),
        "one level": (table, spec.update(predictors=("one",))),
        "varies inside": (table, spec.update(predictors=(), group_predictors=("x",))),
        "a category varies inside": (table, spec.update(group_predictors=("kind",))),
        "no usable row": (table, spec.update(predictors=("x", "none"))),
        "no such reference": (table, spec.update(predictors=("kind",), reference={"kind": "r"})),
        "too large numbers": (table, spec.update(predictors=("huge",))),
        "no rows": (table.iloc[:0], spec),
    }


@pytest.mark.parametrize("what", _bad_specs())
def test_errors_are_those_of_memory(what: str) -> None:
    table, spec = _bad_specs()[what]
    with pytest.raises(PoolingError) as theirs:
        core.GroupedData.from_table(table, spec)
    with core.open_table(table) as elsewhere, pytest.raises(PoolingError) as ours:
        core.GroupedData.from_query(elsewhere, spec)
    assert str(ours.value) == str(theirs.value)
    assert ours.value.code == theirs.value.code
