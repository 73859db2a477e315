"""The evaluation log: a search that was killed, prolonged or changed fits only what is new, whatever befell the log."""

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lockstep
from lockstep.fitting.booster import FoldScore, RoundBudget
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import digest_of
from lockstep.search.evaluation_log import TABLE, EvaluationLog
from lockstep.search.tune_blocks import NoPruning
from lockstep.workers import identity
from lockstep.workers.identity import fold_key
from lockstep.workers.trial import Evaluation, FoldTask, TrialResult
from tests.conftest import ROOT
from tests.unit.searching import PRUNERS, AtOnce, plan_of, run_search, small_folds, stand_in, without_time

pytestmark = pytest.mark.slow

TASK = FoldTask(0, 0, {"max_depth": 3}, RoundBudget(5, 10), 1, Fitting())
EVALUATION = Evaluation(FoldScore(1.5, {"rmse": 1.5, "mse": 2.25, "mae": 1.1, "r2": None}, 7), "", 0.25, 0.2)
PLAN = plan_of(PRUNERS[1], n_trials=20)


def _logged(path: Path, **changes: object) -> tuple[list[TrialResult], int, int]:
    """A search with the log at `path`: its results, how many folds it fitted, how many it knew."""
    with EvaluationLog(path) as log:
        plan = replace(PLAN, tune=PLAN.tune.model_copy(update=changes))
        return run_search(plan, stand_in, AtOnce(), log), log.n_fitted, log.n_reused


def test_a_second_search_fits_nothing_and_finds_the_same(tmp_path: Path) -> None:
    first, fitted, found = _logged(tmp_path / "log.db")
    assert (fitted, found) == (sum(len(result.folds) for result in first), 0)
    again, fitted_again, found_again = _logged(tmp_path / "log.db")
    assert (fitted_again, found_again) == (0, fitted)
    assert without_time(again) == without_time(first)


def test_a_longer_search_fits_only_its_new_trials(tmp_path: Path) -> None:
    short, _, _ = _logged(tmp_path / "log.db", n_trials=10)
    long, fitted, found = _logged(tmp_path / "log.db", n_trials=20)
    assert without_time(long)[:10] == without_time(short)
    assert found == sum(len(result.folds) for result in short)
    assert fitted == sum(len(result.folds) for result in long[10:])
    assert without_time(long) == without_time(run_search(PLAN, stand_in, AtOnce()))


def test_another_pruner_uses_what_it_shares(tmp_path: Path) -> None:
    with EvaluationLog(tmp_path / "log.db") as log:
        complete = run_search(replace(PLAN, pruner=NoPruning()), stand_in, AtOnce(), log)
    with EvaluationLog(tmp_path / "log.db") as log:
        pruned = run_search(PLAN, stand_in, AtOnce(), log)
        assert (
            log.n_reused >= sum(len(r.folds) for r, c in zip(pruned, complete, strict=True) if r.params == c.params) > 0
        )
    assert without_time(pruned) == without_time(run_search(PLAN, stand_in, AtOnce()))


def test_a_failed_fold_is_tried_again(tmp_path: Path) -> None:
    with EvaluationLog(tmp_path / "log.db") as log:
        log.remember("key", Evaluation(None, "MemoryError: no message", 0.0, 0.0))
        assert log.find("key") is None


@pytest.mark.parametrize(
    "change",
    [
        {"params": {"max_depth": 4}},
        {"budget": RoundBudget(6, 10)},
        {"budget": RoundBudget(5, 11)},
        {"seed": 2},
        {"fitting": Fitting(memory="external")},
        {"fitting": Fitting(objective="absolute_error")},
        {"fitting": Fitting(metric="mae")},
        {"fitting": Fitting(objective="quantile", quantile=0.4)},
        {"fitting": Fitting(monotone={"a": 1})},
        {"fitting": Fitting(device="cuda")},
        {"fitting": Fitting(n_classes=2)},
    ],
    ids=str,
)
def test_whatever_changes_a_score_changes_its_key(change: dict[str, object]) -> None:
    assert fold_key(replace(TASK, **change), "rows") != fold_key(TASK, "rows")  # type: ignore[arg-type]
    assert fold_key(TASK, "other rows") != fold_key(TASK, "rows")


def test_what_does_not_change_a_score_does_not_change_its_key() -> None:
    assert fold_key(replace(TASK, number=9, fold=3), "rows") == fold_key(TASK, "rows")
    fixed = replace(TASK, params={"max_depth": 3, "n_estimators": 9})
    assert fold_key(replace(fixed, budget=RoundBudget(9, 99)), "rows") == fold_key(fixed, "rows")
    stopping = [replace(fixed, budget=RoundBudget(*limits, stops_tuned=True)) for limits in ((9, 99), (9, 10), (8, 99))]
    keys = [fold_key(task, "rows") for task in [fixed, *stopping]]
    assert (keys[1] == keys[2], len(set(keys))) == (True, 3)


def test_another_library_version_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _logged(tmp_path / "log.db")
    versions = {**identity.fitting_versions(), "xgboost": "0.1"}
    monkeypatch.setattr(identity, "fitting_versions", lambda: versions)
    _, fitted, found = _logged(tmp_path / "log.db")
    assert found == 0
    assert fitted > 0


def test_the_key_covers_all_code_that_a_fit_loads() -> None:
    """A process that evaluates a fold of given arrays has loaded no file of ours that the key leaves out."""
    script = (
        "import sys; import lockstep.workers.worker;"
        "from lockstep.fitting.objective import OBJECTIVES; from lockstep.metrics.metric import METRICS;"
        "OBJECTIVES.classes(); METRICS.classes();"
        "print(*sorted(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'lockstep'), sep='\\n')"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(loaded.stdout.split()) == set(map(str, identity.fitting_code()))


@pytest.mark.parametrize(
    "name",
    [
        "metrics/kinds/pinball.py",
        "fitting/objectives/quantile.py",
        "fitting/booster.py",
        "signals.py",
        "storage/tables.py",
    ],
)
def test_an_edit_of_code_that_fits_changes_every_key(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _code_hash_after_an_edit(name, tmp_path, monkeypatch) != identity.fitting_versions()["lockstep.model"]


@pytest.mark.parametrize(
    "name", ["features/steps/count.py", "fitting/booster_block.py", "check/config.py", "report/page.py"]
)
def test_an_edit_of_code_that_makes_features_or_reads_settings_changes_no_key(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _code_hash_after_an_edit(name, tmp_path, monkeypatch) == identity.fitting_versions()["lockstep.model"]


def _code_hash_after_an_edit(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    package = folder / "lockstep"
    shutil.copytree(Path(lockstep.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    with (package / name).open("a") as file:
        file.write("\n# edited\n")
    with monkeypatch.context() as patched:
        patched.setattr(lockstep, "__file__", str(package / "__init__.py"))
        return identity.fitting_versions.__wrapped__()["lockstep.model"]


def test_every_byte_of_a_fold_is_in_its_fingerprint() -> None:
    folds = small_folds(3)
    before = folds.fingerprints()
    x, y, fold = folds.matrices[0].copy(), folds.y.copy(), folds.fold.copy()
    x[7, 1] += 1e-6
    y[9] += 1e-12
    fold[0], fold[1] = fold[1], fold[0]
    for changed in (
        replace(folds, matrices=(x,), digests=(digest_of(x),)),
        replace(folds, y=y),
        replace(folds, fold=fold),
    ):
        differs = [one != other for one, other in zip(before, changed.fingerprints(), strict=True)]
        assert sum(differs) >= 2  # swapping two rows' folds leaves the third fold's rows as they are


@settings(max_examples=8)
@given(st.data())
def test_a_torn_log_changes_nothing_and_is_mended(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _tear(tmp_path_factory.mktemp("torn") / "log.db", data)


@pytest.mark.long("test_a_torn_log_changes_nothing_and_is_mended")
@settings(max_examples=30)
@given(st.data())
def test_a_log_torn_in_many_ways_changes_nothing_and_is_mended(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _tear(tmp_path_factory.mktemp("torn") / "log.db", data)


def _tear(path: Path, data: st.DataObject) -> None:
    first, fitted, _ = _logged(path)
    content = bytearray(path.read_bytes())
    kind = data.draw(st.sampled_from(["truncated", "overwritten", "zeroed"]))
    start = data.draw(st.integers(0, len(content) - 1))
    if kind == "truncated":
        content = content[:start]
    else:
        length = data.draw(st.integers(1, len(content) - start))
        content[start : start + length] = (b"\xa5" if kind == "overwritten" else b"\0") * length
    path.write_bytes(content)
    again, fitted_again, found = _logged(path)
    assert without_time(again) == without_time(first)
    assert fitted_again + found == fitted
    assert _logged(path)[1] == 0


def test_whole_entries_of_a_torn_log_are_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.db"
    with EvaluationLog(path) as log:
        for number in range(500):
            log.remember(f"key {number}", EVALUATION)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with EvaluationLog(path) as log:
        saved = sum(log.find(f"key {number}") == EVALUATION for number in range(500))
    assert 100 < saved < 500
    assert f"log.db: database disk image is malformed; set aside as log.damaged, {saved} entries saved" in (
        capsys.readouterr().err
    )


def test_a_value_that_was_altered_is_not_believed(tmp_path: Path) -> None:
    with EvaluationLog(tmp_path / "log.db") as log:
        log.remember("key", EVALUATION)
        assert log.find("key") == EVALUATION
    with sqlite3.connect(tmp_path / "log.db") as database:
        database.execute(f"UPDATE {TABLE} SET value = replace(value, '1.5', '1.4')")  # noqa: S608
    with EvaluationLog(tmp_path / "log.db") as log:
        assert log.find("key") is None


@pytest.mark.parametrize("layout", [f"CREATE TABLE {TABLE} (other TEXT)", "CREATE TABLE folds_0 (key TEXT)"])
def test_a_log_of_another_version_is_no_obstacle(tmp_path: Path, layout: str) -> None:
    with sqlite3.connect(tmp_path / "log.db") as database:
        database.execute(layout)
    first, fitted, _ = _logged(tmp_path / "log.db")
    assert fitted == sum(len(result.folds) for result in first)
    assert _logged(tmp_path / "log.db")[1] == 0


def test_a_log_that_cannot_be_written_costs_one_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.db").mkdir()
    results, _, _ = _logged(tmp_path / "log.db")
    assert without_time(results) == without_time(run_search(PLAN, stand_in, AtOnce()))
    assert capsys.readouterr().err.count("warning") == 1


TWO = """
import sys
from pathlib import Path
from lockstep.fitting.booster import FoldScore
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.workers.trial import Evaluation
EVALUATION = Evaluation(FoldScore(1.5, {"rmse": 1.5, "mse": 2.25, "mae": 1.1, "r2": None}, 7), "", 0.25, 0.2)
with EvaluationLog(Path(sys.argv[1])) as log:
    for number in range(300):
        if log.find(f"key {number}") is None:
            log.remember(f"key {number}", EVALUATION)
"""


def test_two_searches_share_one_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TWO, str(tmp_path / "log.db")]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 3
    with EvaluationLog(tmp_path / "log.db") as log:
        assert all(log.find(f"key {number}") == EVALUATION for number in range(300))
