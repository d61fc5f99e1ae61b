"""The way from a file to a model: opening, correcting, closing tables, and giving roles."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from core.tables.doctor.fixes import DropColumn
from core.tables.limits import Limits
from pages._shared import opening
from tests.fitted import many_groups
from tests.pages.driver import choose, healthy, open_screen, upload

GERMAN = "schule;note;alter\n" + "".join(
    f"S{j};{1 + (j * 7 + i * 3) % 5},{i};{10 + (i * j) % 7}\n" for j in range(12) for i in range(6)
)


def click(app: AppTest, label: str) -> AppTest:
    """Press the button with a label and run."""
    found = [b for b in app.button if b.label == label]
    assert found, [b.label for b in app.button]
    found[0].click().run()
    healthy(app)
    return app


def form(app: AppTest, field: str, value: object) -> None:
    """Set a control of the form about the reading, without a run."""
    key = f"data_read_{field}_{app.session_state['data_choice']}"
    for kind in (app.selectbox, app.number_input, app.multiselect):
        for widget in kind:
            if widget.key == key:
                widget.set_value(value)
                return
    raise AssertionError(f"no control {key}")


def role(app: AppTest, column: str, value: str) -> None:
    """Click a role of a column on the screen about the table."""
    data = app.session_state["asked"]
    place = list(data.table.columns).index(column)
    key = f"data_role_{data.id}_{place}"
    next(c for c in app.segmented_control if c.key == key).set_value(value).run()
    healthy(app)


def roles_shown(app: AppTest) -> dict[str, str]:
    """Return the role that the screen shows for every column."""
    data, prefix = app.session_state["asked"], "data_role_"
    shown = {c.key: c.value for c in app.segmented_control if (c.key or "").startswith(prefix)}
    return {data.table.columns[int(k.rpartition("_")[2])]: v for k, v in shown.items()}


def test_a_pasted_table_is_opened(app: AppTest) -> None:
    pasted = many_groups(9).to_csv(index=False, sep="\t")
    app.text_area(key="data_paste").set_value(pasted).run()
    app.button(key="data_paste_read").click().run()
    healthy(app)
    shown = app.session_state["shown"]
    assert shown.dataset.title == "pasted table" and shown.fits.data.n_groups == 9
    assert app.text_area(key="data_paste").value == pasted, "what was typed is still there"


def test_a_table_of_one_column_is_shown_and_told(app: AppTest) -> None:
    upload(app, "one.csv", b"name\n" + b"".join(b"child %d\n" % i for i in range(30)))
    assert "single column" in app.error[0].value
    open_screen(app, "explore/data")
    assert not [b for b in app.button if (b.key or "").startswith("data_fix_")]
    with pytest.raises(core.DataError, match="nothing of the table"):
        core.apply_fix(app.session_state["asked"].table, DropColumn("name"))


def test_a_table_without_numbers_says_which_column_holds_none(app: AppTest) -> None:
    rows = "".join(f'north {i % 4},a,"1,{i:03d} kg"\n' for i in range(40))
    upload(app, "text.csv", ("place,kind,load\n" + rows).encode())
    assert "'load' does not hold numbers" in app.error[0].value
    open_screen(app, "explore/data")
    fix = next(b for b in app.button if (b.key or "").startswith("data_fix_"))
    fix.click().run()
    healthy(app)
    assert not app.error and app.session_state["shown"].fits.spec.outcome == "load"


def test_nothing_pasted_changes_nothing(app: AppTest) -> None:
    app.button(key="data_paste_read").click().run()
    healthy(app)
    assert app.session_state["data_choice"] == "radon" and not app.error


def test_several_tables_are_open_and_one_is_closed(app: AppTest) -> None:
    for seed in (1, 2, 3):
        upload(app, "same.csv", many_groups(10, seed=seed).to_csv(index=False).encode())
    titles = [d.title for d in app.session_state["uploads"].values()]
    assert titles == ["same.csv", "same.csv (2)", "same.csv (3)"]
    first, second, third = app.session_state["uploads"]
    choose(app, "data_choice", second)
    app.button(key="data_close").click().run()
    healthy(app)
    assert list(app.session_state["uploads"]) == [first, third]
    assert app.session_state["data_choice"] == third
    assert not any(second in key for key in app.session_state["results"])
    for _ in range(2):
        app.button(key="data_close").click().run()
        healthy(app)
    assert app.session_state["data_choice"] == "radon" and app.title


def test_the_same_file_again_is_the_same_table(app: AppTest) -> None:
    content = many_groups(10).to_csv(index=False).encode()
    upload(app, "a.csv", content)
    choose(app, "data_choice", "radon")
    upload(app, "b.csv", content)
    assert len(app.session_state["uploads"]) == 1
    assert app.session_state["shown"].dataset.title == "a.csv"


def test_one_table_too_many_is_told_and_none_is_lost(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "LIMITS", Limits(session_tables=1))
    upload(app, "one.csv", many_groups(10).to_csv(index=False).encode())
    upload(app, "two.csv", many_groups(11).to_csv(index=False).encode())
    assert "session_tables" in app.error[0].value.replace("\\", "")
    assert [d.title for d in app.session_state["uploads"].values()] == ["one.csv"]
    assert app.session_state["shown"].dataset.title == "one.csv"


def test_a_large_or_packed_file_is_read_in_another_process(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    whole = core.Reading
    monkeypatch.setattr(core, "Reading", lambda *a: asked.append(a[1]) or whole(*a))
    table = many_groups(15)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/table.csv", table.to_csv(index=False))
    upload(app, "t.zip", packed.getvalue())
    assert app.session_state["shown"].fits.data.n_obs == len(table)
    monkeypatch.setattr(opening, "_SMALL", 1_000)
    upload(app, "t.csv", many_groups(16).to_csv(index=False).encode())
    assert app.session_state["shown"].fits.data.n_groups == 16
    assert asked == ["t.zip", "t.csv"]
    assert "reading" not in app.session_state and "reading_job" not in app.session_state


def test_what_was_found_out_is_shown(app: AppTest) -> None:
    upload(app, "noten.csv", ("\ufeff# Klasse 7\n" + GERMAN).encode())
    open_screen(app, "explore/data")
    label = next(e.label for e in app.expander if e.label.startswith("Read as"))
    plain = label.replace("\\", "")
    for part in ("CSV", "semicolons", "decimal comma", "byte order mark", "# lines", "line 2"):
        assert part in plain, part
    assert any(c.value.startswith("# Klasse 7\nschule;note") for c in app.code)


def test_a_reading_is_corrected_and_undone(app: AppTest) -> None:
    upload(app, "noten.csv", GERMAN.encode())
    before = app.session_state["asked"]
    open_screen(app, "explore/data")
    form(app, "header_row", 0)
    form(app, "text_columns", ["alter"])
    form(app, "missing_tokens", ["NA", "S3"])
    click(app, "Read it again")
    after = app.session_state["asked"]
    assert len(after.table) == len(before.table) + 1, "the names have become a row"
    assert after.id != before.id and before.id not in app.session_state["uploads"]
    assert "S3" in after.options.missing_tokens
    assert any("read again with" in m.value for m in app.markdown)
    app.button(key="data_undo").click().run()
    healthy(app)
    assert app.session_state["asked"] is before


def test_a_correction_keeps_the_model(app: AppTest) -> None:
    upload(app, "noten.csv", GERMAN.encode())
    name = app.session_state["data_choice"]
    choose(app, f"model_criterion_{name}", "ML")
    choose(app, f"model_outcome_{name}", "alter")
    open_screen(app, "explore/data")
    form(app, "missing_tokens", ["10"])
    click(app, "Read it again")
    spec = app.session_state["shown"].spec
    assert (spec.outcome, spec.criterion) == ("alter", "ML")
    assert app.session_state["asked"].table["alter"].isna().any()


def test_a_correction_that_fails_loses_nothing(app: AppTest) -> None:
    upload(app, "noten.csv", GERMAN.encode())
    before = app.session_state["asked"]
    open_screen(app, "explore/data")
    form(app, "header_row", 5_000)
    click(app, "Read it again")
    assert "noten.csv" in app.error[0].value.replace("\\", "")
    assert app.session_state["asked"] is before
    key = f"data_read_header_row_{before.id}"
    assert next(n for n in app.number_input if n.key == key).value == 5_000, "as typed"
    form(app, "header_row", 1)
    form(app, "missing_tokens", ["1"])
    click(app, "Read it again")
    assert not app.error and app.session_state["asked"] is not before


def test_another_sheet_is_opened(app: AppTest) -> None:
    out = io.BytesIO()
    with pd.ExcelWriter(out) as book:
        many_groups(8).to_excel(book, sheet_name="first", index=False)
        many_groups(13, seed=2).to_excel(book, sheet_name="second", index=False)
    upload(app, "book.xlsx", out.getvalue())
    assert app.session_state["shown"].fits.data.n_groups == 8
    open_screen(app, "explore/data")
    form(app, "sheet", "second")
    click(app, "Read it again")
    assert app.session_state["shown"].fits.data.n_groups == 13


def test_a_click_gives_a_column_a_role_and_the_sidebar_follows(app: AppTest) -> None:
    upload(app, "t.csv", many_groups(20).to_csv(index=False).encode())
    open_screen(app, "explore/data")
    assert roles_shown(app) == {"y": "outcome", "x": "predictors", "g": "group", "kind": "unused"}
    role(app, "kind", "predictors")
    name = app.session_state["data_choice"]
    assert app.multiselect(key=f"model_predictors_{name}").value == ["x", "kind"]
    role(app, "x", "outcome")
    assert app.selectbox(key=f"model_outcome_{name}").value == "x"
    assert roles_shown(app) == {"y": "unused", "x": "outcome", "g": "group", "kind": "predictors"}
    role(app, "kind", "unused")
    assert app.session_state["shown"].spec.predictors == ()
    choose(app, f"model_predictors_{name}", ["y"])
    assert roles_shown(app)["y"] == "predictors"


def test_outcome_and_group_are_swapped_but_never_vacant(app: AppTest) -> None:
    upload(app, "t.csv", many_groups(20).to_csv(index=False).encode())
    open_screen(app, "explore/data")
    role(app, "y", "unused")
    assert roles_shown(app)["y"] == "outcome"
    assert "needs an outcome" in app.warning[0].value
    role(app, "y", "group")
    assert roles_shown(app)["g"] == "outcome" and roles_shown(app)["y"] == "group"
    assert "does not hold numbers" in app.error[0].value
    role(app, "y", "outcome")
    assert not app.error and app.session_state["shown"].spec.group == "g"


def test_the_guess_is_shown_with_its_reason(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, "explore/data")
    said = " ".join(c.value for c in app.caption).replace("\\", "")
    for part in ("Group: its 65 levels", "group-level predictor: it never varies inside 'school'"):
        assert part in said


def test_a_table_without_a_model_can_still_be_mended(app: AppTest) -> None:
    table = many_groups(10)[["y", "kind", "g"]]
    table["y"] = [f"about {v:,.1f} kg or so" for v in table["y"]]
    upload(app, "words.csv", table.to_csv(index=False).encode())
    open_screen(app, "explore/data")
    assert app.session_state["asked"].title == "words.csv"
    assert app.title[0].value.startswith(f"{len(table)} rows in 3 columns")
    assert app.error and set(roles_shown(app)) == {"y", "kind", "g"}


def test_a_wide_table_is_previewed_and_made_long(app: AppTest) -> None:
    rng = np.random.default_rng(1)
    wide = pd.DataFrame({"child": [f"c{i:02d}" for i in range(40)]})
    own = 5 * rng.normal(size=40)
    for year in range(1, 6):
        wide[f"height_{year}"] = (80 + 6 * year + own + rng.normal(size=40)).round(2)
    upload(app, "wide.csv", wide.to_csv(index=False).encode())
    open_screen(app, "explore/data")
    assert any(e.label == "What the first rows become" for e in app.expander)
    preview = app.dataframe[0].value
    assert len(preview) == 10 and "height" in preview.columns
    fix = next(b for b in app.button if "wide_layout" in (b.key or ""))
    fix.click().run()
    healthy(app)
    assert len(app.session_state["asked"].table) == 200


def test_columns_of_ones_own_choice_are_put_below_each_other(app: AppTest) -> None:
    table = pd.DataFrame({"id": [f"p{i}" for i in range(20)]})
    table["before"], table["after"] = np.arange(20) % 7, np.arange(20) % 5 + 1.5
    upload(app, "pairs.csv", table.to_csv(index=False).encode())
    open_screen(app, "explore/data")
    name = app.session_state["data_choice"]
    app.multiselect(key=f"data_long_{name}").set_value(["before", "after"]).run()
    healthy(app)
    preview = next(d.value for d in app.dataframe if "time" in d.value.columns)
    assert preview["time"].tolist()[:2] == [1, 2] and preview["value"].tolist()[:2] == [0, 1.5]
    app.button(key=f"data_make_long_{name}").click().run()
    healthy(app)
    assert app.session_state["asked"].table.shape == (40, 3)


def test_a_table_of_many_columns_is_paged(app: AppTest) -> None:
    table = many_groups(12).join(
        pd.DataFrame({f"extra{i:03d}": np.arange(2_000.0) % (i + 2) for i in range(60)})
    )
    upload(app, "broad.csv", table.dropna().to_csv(index=False).encode())
    open_screen(app, "explore/data")
    assert len(roles_shown(app)) == 12 and roles_shown(app)["y"] == "outcome"
    name = app.session_state["data_choice"]
    app.text_input(key=f"data_find_{name}").set_value("EXTRA04").run()
    healthy(app)
    assert set(roles_shown(app)) == {f"extra{i:03d}" for i in range(40, 50)}


def test_a_new_column_is_defined_beside_the_equation(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, "explore/data")
    app.button(key="data_recipe_CentreGroupMean_standLRT").click().run()
    healthy(app)
    open_screen(app, "explore/pooling")
    app.session_state["model_symbols"] = True
    app.run()
    equations = [e.value for e in app.latex]
    assert any(r"\text{standLRT (within school)} = " in e for e in equations)
    assert any(r"\text{standLRT (school mean)} = \overline" in e for e in equations)
    assert sum("within school" in e for e in equations) >= 3, "both models and the definition"


def test_repairs_are_shown_and_taken_back_by_a_click(app: AppTest) -> None:
    table = many_groups(9)
    table["y"] = [f"{v:.2f} kg" for v in table["y"]]
    upload(app, "harvest.csv", table.to_csv(index=False).encode())
    last = "y"
    before = app.session_state["shown"].dataset
    assert before.table[last].dtype.kind == "f" and before.wording.column(last).unit == "kg"
    assert any("kg" in m.value and last in m.value for m in app.markdown)
    app.button(key="pooling_take_back_0").click().run()
    healthy(app)
    (data,) = app.session_state["uploads"].values()
    assert str(data.table[last].iloc[0]).endswith("kg")
