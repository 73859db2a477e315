"""`dvc repro`: the first run, the second, and what an edit re-runs."""

import json
import re
from pathlib import Path

import pytest

from lockstep.results.result import Result
from tests.pipeline.project import Project, stages_run

STAGES = ["fetch", "clean", "split", "tune", "train_best", "evaluate"]
DATA = "datasets/friedman.yaml"

NIGHTLY = pytest.mark.nightly

EDITS = [
    pytest.param(DATA, "seed: 0", "seed: 1", STAGES, id="a fact of the source", marks=NIGHTLY),
    pytest.param(
        DATA, "clean: []", "clean: [{rule: drop_outside, column: x0, max: 0.9}]", STAGES[1:], id="a rule", marks=NIGHTLY
    ),
    pytest.param("params.yaml", "test_size: 0.2", "test_size: 0.25", STAGES[2:], id="split", marks=NIGHTLY),
    pytest.param(
        "params.yaml", "subsample: {low: 0.5", "subsample: {low: 0.6", STAGES[3:], id="space", marks=pytest.mark.long
    ),
    pytest.param("params.yaml", "n_models: 1", "n_models: 2", STAGES[4:], id="train_best", marks=NIGHTLY),
    pytest.param("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.99", STAGES[5:], id="evaluate"),
]


def test_the_first_run_runs_every_stage_once_and_says_what_each_did(first_log: str) -> None:
    assert stages_run(first_log) == STAGES
    for stage in STAGES:
        assert re.search(rf"^{stage}: .+", first_log, re.MULTILINE)
    assert "6/6 trials, best " in first_log
    assert "warning" not in first_log.lower()


def test_without_a_terminal_a_run_prints_plain_text_and_one_line_per_stage(first_log: str) -> None:
    assert [sign for sign in first_log if not sign.isprintable() and sign not in "\n\t"] == []
    for stage in STAGES[:-1]:
        assert len(re.findall(rf"^{stage}: (?!\d+/\d+ trials).+", first_log, re.MULTILINE)) == 1
    assert first_log.count("  this model is better by (95%)\n") == 1


def test_a_second_run_does_nothing(finished: Project) -> None:
    assert finished.repro() == []
    assert "up to date" in finished.run("dvc", "status").stdout
    assert finished.run("git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize(("file", "old", "new", "expected"), EDITS)
def test_an_edit_reruns_exactly_what_it_affects(
    project: Project, file: str, old: str, new: str, expected: list[str]
) -> None:
    project.edit(file, old, new)
    assert project.repro() == expected
    assert project.repro() == []


def test_what_the_experiment_does_not_use_reruns_nothing(project: Project) -> None:
    project.edit("datasets/diabetes.yaml", "max: 120", "max: 130")
    project.edit("params.yaml", "housing7:", "housing8:")
    project.edit("params.yaml", "min_early_stopping_rate: 0", "min_early_stopping_rate: 1")
    project.edit(DATA, "{step: linear,", "{step: linear, folds: 4,")
    project.edit(DATA, "about: scikit-learn's", "about: the")
    # `full` is the chosen recipe: put it back, and change the one that is not chosen
    project.edit(DATA, "{step: linear, folds: 4,", "{step: linear,")
    project.edit(DATA, "x8, x9]}\n  full", "x8]}\n  full")
    assert project.repro() == []


@pytest.mark.long("test_every_chart_says_what_its_axes_mean")
def test_dvc_metrics_params_and_plots_are_useful_as_they_come(project: Project) -> None:
    project.edit("params.yaml", "n_models: 1", "n_models: 2")
    project.repro()
    metrics = json.loads(project.run("dvc", "metrics", "diff", "--json").stdout)
    assert "test.rmse" in metrics["reports/metrics.json"]
    params = json.loads(project.run("dvc", "params", "diff", "--json").stdout)
    assert params == {"params.yaml": {"train_best.n_models": {"old": 1, "new": 2, "diff": 1}}}
    shown = project.run("dvc", "metrics", "show", "--json").stdout
    assert {"test", "train", "cv", "baseline"} <= set(json.loads(shown)[""]["data"]["reports/metrics.json"]["data"])
    for command in ("show", "diff"):
        plots = project.run("dvc", "plots", command, "-o", "dvc_plots")
        assert "fail" not in (plots.stdout + plots.stderr).lower()
        assert (project.folder / "dvc_plots/index.html").exists()
    assert not [line for line in project.run("git", "status", "--porcelain").stdout.splitlines() if "??" in line]


@pytest.mark.long("test_check_validates_without_running")
def test_a_mistake_ends_with_one_line_and_leaves_upstream_results(project: Project) -> None:
    before = project.output_hashes()
    project.edit("params.yaml", "n_trials: 6", "n_trials: -6")
    failed = project.run("dvc", "repro", check=False)
    assert failed.returncode != 0
    assert "tune: params.yaml: tune.n_trials: -6: input should be greater than or equal to 1" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (project.folder / "data/split/train.parquet").exists()
    project.edit("params.yaml", "n_trials: -6", "n_trials: 6")
    project.run("dvc", "checkout")
    project.run("git", "checkout", "reports")
    assert project.repro() == []
    assert project.output_hashes() == before


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("dataset=none_such", "none_such"),
        pytest.param("tune.space=none_such", "none_such", marks=pytest.mark.long),
        pytest.param("features=none_such", "none_such", marks=pytest.mark.long),
    ],
)
def test_an_unknown_name_is_refused_before_anything_runs(project: Project, setting: str, word: str) -> None:
    failed = project.run("dvc", "exp", "run", "-S", setting, check=False)
    assert failed.returncode != 0
    assert word in failed.stderr
    assert stages_run(failed.stdout) == []


def test_reports_are_read_under_their_names(finished: Project) -> None:
    outputs = Result(finished.folder)
    assert outputs.metrics["test"]["rmse"] > 0
    assert outputs.uncertainty["intervals"][0]["metric"] == "rmse"
    assert {"feature", "gain", "shap"} <= set(outputs.table("feature_importance").columns)
    assert outputs.learning_curve.columns.tolist()[0] == "round"


def test_check_validates_without_running(project: Project) -> None:
    assert "settings are valid" in project.run("lockstep", "check").stdout
    project.edit("params.yaml", "lag: 3", "lagg: 3")
    failed = project.run("lockstep", "check", check=False)
    assert failed.returncode == 1
    assert failed.stderr == "lockstep: params.yaml: tune.lagg: unknown key, did you mean 'lag'?; correct or remove it\n"


TUNE_ON = {"tune", "train_best", "evaluate"}
CODE_EDITS = {
    "lockstep/fetch/download.py": {"fetch"},
    "lockstep/clean/apply_rules.py": {"clean", "train_best", "evaluate"},
    "lockstep/clean/rules/ratio.py": {"clean", "train_best", "evaluate"},
    "lockstep/clean/table_blocks.py": {"clean", "train_best", "evaluate"},
    "lockstep/fetch/source_block.py": {"fetch"},
    "lockstep/fetch/sources/csv.py": {"fetch"},
    "lockstep/guards/tables/unpacking.py": {"fetch"},
    "lockstep/guards/models/ubj.py": {"train_best", "evaluate"},
    "lockstep/features/features_block.py": TUNE_ON,
    "lockstep/check/config.py": set[str](),
    "lockstep/split/splitting.py": {"split", "evaluate"},  # evaluate splits again where its protocol is `repeated`
    # later stages ask the strategy whether folds go forward in time
    "lockstep/split/strategies/group.py": {"split", *TUNE_ON},
    "lockstep/features/steps/ratio.py": TUNE_ON,
    "lockstep/metrics/kinds/mae.py": TUNE_ON,
    "lockstep/search/sampler.py": {"tune", "evaluate"},  # evaluate searches again where its protocol is `nested`
    "lockstep/model/final.py": {"train_best", "evaluate"},
    "lockstep/evaluate/slices.py": {"evaluate"},
    "lockstep/results/result.py": {"evaluate"},
    "lockstep/report/page.py": {"evaluate"},
    "lockstep/compare/html.py": set[str](),
    "lockstep/export/export.py": set[str](),
    "lockstep/verify/cause.py": set[str](),
    "lockstep/inspect/leaks.py": set[str](),
    "lockstep/predict/predict.py": set[str](),
    "lockstep/sync/check.py": set[str](),
}


def test_an_edit_of_code_reruns_the_stages_that_import_its_room(project: Project) -> None:
    for file in CODE_EDITS:
        path = project.folder / file
        path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    changed = dict[str, set[Path]]()
    for stage, entries in json.loads(project.run("dvc", "status", "--json").stdout).items():
        changed[stage] = {
            Path(name) for entry in entries if entry != "changed command" for name in entry["changed deps"]
        }
    for file, stages in CODE_EDITS.items():
        again = {stage for stage, deps in changed.items() if any(Path(file).is_relative_to(dep) for dep in deps)}
        assert again == stages, file
