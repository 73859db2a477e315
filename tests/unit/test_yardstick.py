"""The arithmetic of `make bench-tables`: ratios, intervals, stale cells, and the command that is run."""

import math
from pathlib import Path

import pytest

from benchmarks.yardstick.cells import LOCKSTEP, METHODS, Cell, Cells, Key
from benchmarks.yardstick.page import page
from benchmarks.yardstick.project import deciding_files, next_command, settings_version
from benchmarks.yardstick.ratios import geometric_mean, ratio_over_seeds, ratios_to
from benchmarks.yardstick.tables import TABLES

VERSIONS = dict.fromkeys(METHODS, "now")


def cell(test: float, rows: str = "same", version: str = "now", oof: float | None = None) -> Cell:
    return Cell(version, rows, "rmse", test, oof, 1.0, 1.0, 1.0, 1, 1.0)


def cells_in(folder: Path, **found: Cell) -> Cells:
    """Cells of table `diabetes`, named METHOD_SEED."""
    cells = Cells(folder / "cells.json")
    for name, made in found.items():
        method, seed = name.split("_")
        cells.add(Key("diabetes", int(seed), method), made)
    return cells


def test_the_ratio_over_seeds_is_geometric_and_its_interval_is_that_of_students_t() -> None:
    ratio = ratio_over_seeds([0.5, 2.0, 1.0])
    assert ratio.value == pytest.approx(1.0)
    # Standard deviation of the logarithms: log 2. t with 2 degrees of freedom at 97.5%: 4.30265.
    reach = 4.30265 * math.log(2) / math.sqrt(3)
    assert ratio.low == pytest.approx(math.exp(-reach), rel=1e-5)
    assert ratio.high == pytest.approx(math.exp(reach), rel=1e-5)
    assert ratio.verdict == ""


@pytest.mark.parametrize(("ratios", "verdict"), [([0.9, 0.91, 0.92], "better"), ([1.1, 1.11, 1.12], "worse")])
def test_a_verdict_needs_an_interval_that_excludes_1(ratios: list[float], verdict: str) -> None:
    assert ratio_over_seeds(ratios).verdict == verdict


def test_one_seed_gives_a_ratio_without_interval_or_verdict() -> None:
    ratio = ratio_over_seeds([0.8])
    assert ratio.value == pytest.approx(0.8)
    assert (ratio.low, ratio.high, ratio.verdict) == (None, None, "")


def test_the_mean_over_tables_is_geometric() -> None:
    assert geometric_mean([0.25, 1.0, 4.0, 1.0]) == pytest.approx(1.0)
    assert math.isnan(geometric_mean([]))


def test_errors_are_paired_by_seed_and_only_where_the_rows_are_the_same(tmp_path: Path) -> None:
    cells = cells_in(
        tmp_path,
        lockstep_1=cell(1.0, oof=3.0),
        catboost_1=cell(2.0),
        lockstep_2=cell(8.0),
        catboost_2=cell(4.0),
        lockstep_3=cell(1.0),
        catboost_3=cell(100.0, rows="other rows"),
        catboost_4=cell(100.0),
    )
    ratios = ratios_to(cells, "catboost")
    assert list(ratios) == ["diabetes"]
    assert ratios["diabetes"].value == pytest.approx(1.0)
    assert ratios["diabetes"].seeds == 2
    # CatBoost has no out-of-fold error here.
    assert ratios_to(cells, "catboost", "oof") == {}


def test_a_cell_is_made_again_after_a_change_of_settings_or_rows(tmp_path: Path) -> None:
    cells = cells_in(
        tmp_path,
        lockstep_1=cell(1.0),
        catboost_1=cell(1.0),
        lightgbm_1=cell(1.0, rows="earlier rows"),
        flaml_1=cell(1.0, version="earlier"),
        autogluon_2=cell(1.0),
    )

    def current(seed: int, method: str) -> bool:
        return cells.is_current(Key("diabetes", seed, method), VERSIONS)

    assert current(1, LOCKSTEP)
    assert current(1, "catboost")
    assert not current(1, "lightgbm")
    assert not current(1, "flaml")
    assert current(2, "autogluon")
    assert not current(2, LOCKSTEP)


def test_cells_are_in_the_file_as_soon_as_they_are_made(tmp_path: Path) -> None:
    made = cells_in(tmp_path, lockstep_1=cell(1.5), catboost_1=cell(2.5, oof=0.5))
    assert dict(Cells(tmp_path / "cells.json")) == dict(made)


def test_two_runs_that_write_one_file_keep_each_others_cells(tmp_path: Path) -> None:
    one, other = Cells(tmp_path / "cells.json"), Cells(tmp_path / "cells.json")
    one.add(Key("diabetes", 1, LOCKSTEP), cell(1.0))
    other.add(Key("diabetes", 1, "catboost"), cell(2.0))
    assert set(Cells(tmp_path / "cells.json")) == {Key("diabetes", 1, LOCKSTEP), Key("diabetes", 1, "catboost")}


def test_the_page_has_the_ratio_and_marks_what_is_stale(tmp_path: Path) -> None:
    cells = cells_in(tmp_path, lockstep_1=cell(1.0), catboost_1=cell(2.0))
    assert "| diabetes | 1 | 0.500 |" in page(cells, VERSIONS)
    assert "| diabetes† | 1 | 0.500 |" in page(cells, {**VERSIONS, "catboost": "another"})


def test_the_version_covers_the_code_that_decides_a_model_and_no_other() -> None:
    names = {"/".join(file.parts[-3:]) for file in deciding_files()}
    assert {"lockstep/search/tune_blocks.py", "lockstep/inspect/new_dataset.py"} <= names
    assert not any(f"/{room}/" in name for room in ("compare", "export", "predict", "report") for name in names)
    assert len(settings_version()) == 12


def test_the_command_is_the_one_that_new_dataset_prints() -> None:
    printed = "lockstep: wrote x\nnext: dvc exp run -S dataset=x -S split.strategy=time  (with --temp: git add first)\n"
    assert next_command(printed) == ["dvc", "exp", "run", "-S", "dataset=x", "-S", "split.strategy=time"]
    with pytest.raises(SystemExit, match="no command"):
        next_command("nothing")


def test_every_table_of_a_file_has_a_target() -> None:
    assert all(bool(table.file) == bool(table.target) for table in TABLES.values())
