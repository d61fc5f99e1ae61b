"""Set up every test run: one BLAS thread, the ``--slow`` option, and the data all tests share."""

from __future__ import annotations

import os

# One BLAS thread: the engine works on thousands of tiny matrices, where threads only cost
# time, and two test workers must not fight over the cores. Must precede the numpy import.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

DATA = Path(__file__).resolve().parent.parent / "assets" / "data"
GOLDEN_DATA = Path(__file__).resolve().parent / "golden" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow``."""
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how hard hypothesis tries: the same few examples every time, or many new ones."""
    lasting = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("quick", max_examples=15, derandomize=True, **lasting)
    settings.register_profile("thorough", max_examples=300, **lasting)
    settings.load_profile("thorough" if config.getoption("--slow") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests marked slow unless ``--slow`` was given."""
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def read_csv(path: Path, *, group: str) -> pd.DataFrame:
    """Return a stored table with its group column as text, labels kept as they are written."""
    return pd.read_csv(path, dtype={group: str}, keep_default_na=False, na_values=[""])


@pytest.fixture(scope="session")
def _tables() -> dict[str, pd.DataFrame]:
    """Hold the tables once per run; the fixtures below hand out copies."""
    return {
        "radon": read_csv(DATA / "radon.csv", group="county"),
        "exam": read_csv(DATA / "exam.csv", group="school"),
        "sleepstudy": read_csv(DATA / "sleepstudy.csv", group="Subject"),
        "dyestuff": read_csv(GOLDEN_DATA / "dyestuff.csv", group="Batch"),
    }


@pytest.fixture
def radon(_tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return 919 homes in 85 Minnesota counties: log_radon, floor, log_uranium, county."""
    return _tables["radon"].copy()


@pytest.fixture
def exam(_tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return 4,059 students in 65 London schools."""
    return _tables["exam"].copy()


@pytest.fixture
def sleepstudy(_tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return 18 people over 10 days: Reaction (ms), Days, Subject."""
    return _tables["sleepstudy"].copy()


@pytest.fixture
def dyestuff(_tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the yield of 6 batches, 5 samples each: balanced, so closed forms hold."""
    return _tables["dyestuff"].copy()


@pytest.fixture
def tiny() -> pd.DataFrame:
    """Return three groups (sizes 2, 3, 1) whose fits can be done by hand.

    Group a lies on y = 1 + 2x, group b on y = 3 - x, group c is a single point.
    """
    return pd.DataFrame(
        {
            "y": [1.0, 3.0, 3.0, 2.0, 1.0, 4.0],
            "x": [0.0, 1.0, 0.0, 1.0, 2.0, 1.0],
            "g": ["a", "a", "b", "b", "b", "c"],
        }
    )


@pytest.fixture
def simulated() -> pd.DataFrame:
    """Return 40 unequal groups with a known truth: y = alpha_j + beta_j x + noise.

    mu = (1, 0.5), sigma_alpha = 1, sigma_beta = 0.4, rho = -0.3, sigma_y = 0.7; ``u`` is a
    group-level predictor without effect and ``kind`` a category without effect.
    """
    rng = np.random.default_rng(20071)
    sizes = rng.integers(2, 30, size=40)
    covariance = np.array([[1.0, -0.12], [-0.12, 0.16]])
    lines = rng.multivariate_normal([1.0, 0.5], covariance, size=40)
    group = np.repeat(np.arange(40), sizes)
    x = rng.normal(size=group.size)
    return pd.DataFrame(
        {
            "y": lines[group, 0] + lines[group, 1] * x + rng.normal(scale=0.7, size=group.size),
            "x": x,
            "kind": rng.choice(["north", "south", "west"], size=group.size),
            "u": rng.normal(size=40)[group],
            "g": [f"group {j:02d}" for j in group],
        }
    )
