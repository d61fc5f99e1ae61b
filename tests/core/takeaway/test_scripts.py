"""Scripts give the displayed numbers again, in R and in Python, whatever columns are called."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core
from core.takeaway.cleaned import cleaned_table, plain_names
from core.takeaway.r_script import quoted
from core.takeaway.scripts import POSTERIOR, packed
from tests.fitted import HOSTILE

NAMES = ['y "; system("x")', "=cmd|' /C calc'!A0", "größe\nder 'Gruppe'", "`x`", "if", "", "a*b"]


@cache
def has_lme4() -> bool:
    """Return whether there is an R with lme4."""
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(lme4)"], capture_output=True).returncode == 0


def example(name: str, **changes: object) -> core.PoolingFits:
    """Return the fits of an example."""
    spec = core.EXAMPLES[name].spec.update(**changes)
    return core.fit_all(core.GroupedData.from_table(core.load_example(name), spec))


def hostile() -> core.PoolingFits:
    """Return fits of a table whose columns, levels and groups have hostile names."""
    rng = np.random.default_rng(9)
    group = np.repeat(np.arange(12), 9)
    level = rng.choice(["=1+1", 'b"; c', "d\ne"], size=108)
    u = rng.normal(size=12)[group]
    x = rng.normal(size=108)
    y = rng.normal(size=12)[group] + 0.5 * x + u + (level == "=1+1") + rng.normal(size=108)
    labels = [f"=g{j} {HOSTILE}" for j in range(12)]
    outcome, column, kind, higher, name = NAMES[:5]
    table = pd.DataFrame(
        {outcome: y, column: x, kind: level, higher: u, name: np.array(labels)[group]}
    )
    spec = core.ModelSpec(
        outcome=outcome,
        group=name,
        predictors=(column, kind),
        varying=(column,),
        group_predictors=(higher,),
        cross_level=((column, higher),),
        criterion="ML",
    )
    return core.fit_all(core.GroupedData.from_table(table, spec))


CASES = {
    "radon, slope": lambda: example("radon", varying=("floor",)),
    "radon, independent": lambda: example("radon", varying=("floor",), correlated=False),
    "exam, intercept": lambda: example("exam", varying=()),
    "sleepstudy, ML": lambda: example("sleepstudy", varying=("Days",), criterion="ML"),
    "sleepstudy, independent": lambda: example("sleepstudy", varying=("Days",), correlated=False),
    "hostile": hostile,
}


def run(fits: core.PoolingFits, folder: Path, script: str) -> float:
    """Write the files, run one script beside them, and return the difference that it reports."""
    for name, content in core.scripts(fits).items():
        (folder / name).write_bytes(content)
    command = ["Rscript", script] if script.endswith(".R") else [sys.executable, script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = re.search(r"Largest relative difference: ([-+.\de]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


@pytest.mark.parametrize(
    "case",
    [name if name == "hostile" else pytest.param(name, marks=pytest.mark.slow) for name in CASES],
)
@pytest.mark.parametrize("script", ["refit.R", "refit.py"])
def test_the_numbers_come_again(case: str, script: str, tmp_path: Path) -> None:
    if script.endswith(".R") and not has_lme4():
        pytest.skip("no R with lme4 (Debian: r-cran-lme4)")
    assert run(CASES[case](), tmp_path, script) < 1e-4


@pytest.mark.parametrize("script", ["refit.R", "refit.py"])
def test_another_table_stops_the_script_at_once(script: str, tmp_path: Path) -> None:
    if script.endswith(".R") and not has_lme4():
        pytest.skip("no R with lme4 (Debian: r-cran-lme4)")
    files = core.scripts(example("sleepstudy"))
    (tmp_path / script).write_bytes(files[script])
    (tmp_path / "table.csv").write_bytes(files["table.csv"].replace(b"308", b"309", 1))
    command = ["Rscript", script] if script.endswith(".R") else [sys.executable, script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "another table" in done.stderr


@pytest.mark.parametrize(
    ("case", "has"),
    [("exam, intercept", True), ("radon, independent", True), ("radon, slope", False)],
)
def test_the_posterior_has_a_script_where_bambi_has_the_model(case: str, has: bool) -> None:
    """Whatever a column is called, the script's formula is made of the script's own names."""
    files = core.scripts(CASES[case]())
    assert (POSTERIOR in files) == has
    if has:
        tree = ast.parse(files[POSTERIOR])
        told = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        (formula,) = [text for text in told if isinstance(text, str) and "~" in text]
        group = r"( \+ \((1|0 \+ v\d+) \| group\))+"
        assert re.fullmatch(r"outcome ~ 1( \+ t\d+)+" + group, formula)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["exam, intercept", "sleepstudy, independent"])
def test_bambi_draws_what_was_shown(case: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("bambi") is None:
        pytest.skip("bambi is not installed (pip install bambi)")
    for name, content in core.scripts(CASES[case]()).items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, POSTERIOR]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = re.search(r"in posterior standard deviations: ([-+.\de]+)", done.stdout)
    assert found is not None and float(found[1]) < 0.15, done.stdout


def test_the_cleaned_table_holds_the_rows_that_were_used(radon: pd.DataFrame) -> None:
    radon.loc[[3, 17], "log_radon"] = np.nan
    spec = core.EXAMPLES["radon"].spec
    data = core.GroupedData.from_table(radon, spec)
    table = cleaned_table(core.fit_all(data))
    frame = pd.read_csv(io.BytesIO(table.content), dtype={"group": str})
    assert len(frame) == len(radon) - 2
    np.testing.assert_array_equal(frame[table.outcome], data.y)
    for name, made in table.terms.items():
        base = [item.name for item in data.base].index(name) + 1
        np.testing.assert_array_equal(frame[made], data.base_values(base))


@pytest.mark.parametrize("name", [*NAMES, HOSTILE, "été", "名前", "8 schools", "_", "nan"])
def test_plain_names_are_words_of_both_languages(name: str) -> None:
    (made,) = plain_names([name])
    assert re.fullmatch(r"[a-z][a-z0-9_]*", made) and made not in ("if", "nan", "in", "else")
    assert plain_names([name, name])[1] != made


@pytest.mark.parametrize("text", [*NAMES, HOSTILE, "\\", '"', "\u2028", "\r\n#", "𝛼"])
def test_a_quoted_text_is_one_string_on_one_line(text: str) -> None:
    made = quoted(text)
    assert made.startswith('"') and made.endswith('"') and len(made.splitlines()) == 1
    inside = re.sub(r'\\(?:["\\]|u\{[0-9a-f]+\})', "", made[1:-1])
    assert '"' not in inside and "\\" not in inside


def test_a_spreadsheet_runs_nothing_of_the_table() -> None:
    fits = hostile()
    content = core.scripts(fits)["table.csv"].decode()
    assert not re.search(r'(^|,)"?[=+@]', content, flags=re.MULTILINE)


def test_a_zip_is_the_same_for_the_same_files() -> None:
    files = core.scripts(example("sleepstudy"))
    assert packed(files) == packed(dict(files))
    with zipfile.ZipFile(io.BytesIO(packed(files))) as archive:
        assert {n: archive.read(n) for n in archive.namelist()} == files
