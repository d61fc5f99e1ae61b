"""What the tests of sources share: a PostgreSQL server and a Spark session, where there are any."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.sources.server import Server, find_server


@pytest.fixture(scope="session", autouse=True)
def engines() -> None:
    """Skip every test of sources where the engines are not installed."""
    for package in ("duckdb", "ibis"):
        pytest.importorskip(package, reason=f"{package} is not installed (the extra 'engines')")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a running server; skip where PostgreSQL is not installed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra 'postgres')")
    programs = find_server()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (apt install postgresql)")
    server = Server(programs)
    yield server
    server.close()


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Return an Ibis connection to Spark in this machine; skip without PySpark or Java."""
    pyspark = pytest.importorskip(
        "pyspark.sql", reason="pyspark is not installed (the extra 'spark')"
    )
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java (apt install default-jre-headless)")
    import ibis

    builder = pyspark.SparkSession.builder.master("local-cluster[2,1,1024]")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()
