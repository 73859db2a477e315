"""`lockstep compare`: two results side by side, the same words every time, one line for what cannot be compared."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lockstep.compare.comparison import compare, write_reports
from lockstep.compare.html import html
from lockstep.compare.markdown import markdown
from lockstep.errors import DataError
from lockstep.storage.tables import read_json, read_table, write_json, write_table
from tests.pipeline.planted import TEST, exported, plant
from tests.pipeline.project import Project

# One test process, so that the experiment is made once.
SECTIONS = [
    "Executive summary",
    "Metrics",
    "Is it more than luck?",
    "What was changed",
    "Trials",
    "Hyperparameter importance",
    "Feature importance",
    "Best parameters",
    "Overfit gap",
    "Cost and gain",
    "Ceiling: would more tuning pay?",
    "Recommendation",
    "Provenance",
]


@pytest.fixture(scope="module")
def two(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a committed result and an experiment `other`, which was only judged otherwise."""
    project = finished.copy(tmp_path_factory.mktemp("compare") / "project")
    project.run("dvc", "exp", "run", "--temp", "-n", "other", "-S", "evaluate.permutation_repeats=2")
    return project


@pytest.fixture
def folders(finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes folders with the finished project's outputs; the working directory, which is no repository."""
    monkeypatch.chdir(tmp_path)

    def make(name: str) -> Path:
        return exported(finished, tmp_path / name)

    return make


def _edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def _report(a: str = "./a", b: str = "./b") -> str:
    return markdown(compare(a, b, timing=False))


def _section(report: str, title: str) -> str:
    return report.partition(f"## {title}\n")[2].partition("\n## ")[0]


def _cells(section: str, name: str) -> list[str]:
    """The cells of a table's row, but for its name."""
    (row,) = (line for line in section.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_a_commit_and_an_experiment_fill_every_section_with_the_same_words_every_time(
    two: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = two.run("lockstep", "compare", "HEAD", "other", "--no-timing", "--md", "out/c.md", "--html", "out/c.html")
    report = (two.folder / "out/c.md").read_text(encoding="utf-8")
    assert done.stdout == report
    assert re.findall(r"^## (.*)$", report, flags=re.MULTILINE) == SECTIONS
    assert not re.search(r"\b(nan|None|inf)\b", report)
    assert "**The same predictions**" in report
    assert _cells(report, "what it is")[1].startswith("experiment, commit ")
    assert _cells(report, "`evaluate.permutation_repeats`") == ["1", "2"]
    page = (two.folder / "out/c.html").read_text(encoding="utf-8")
    assert all(f'<h2 id="section-{number + 1}">{title}</h2>' in page for number, title in enumerate(SECTIONS))
    assert page.count("<figure>") == 3
    monkeypatch.chdir(two.folder)
    again = compare("HEAD", "other", timing=False)
    assert (markdown(again), html(again)) == (report, page)


@pytest.mark.nightly
def test_two_searches_are_set_side_by_side(two: Project) -> None:
    settings = ("-S", "tune.space=housing7", "-S", "tune.n_trials=8", "-S", "spaces.housing7.n_estimators.high=60")
    two.run("dvc", "exp", "run", "--temp", "-n", "wider", *settings)
    report = two.run("lockstep", "compare", "HEAD", "wider", "--html", "out/wider.html").stdout
    assert re.findall(r"^## (.*)$", report, flags=re.MULTILINE) == SECTIONS
    changed = _section(report, "What was changed")
    assert _cells(changed, "`n_estimators`")[-1] == "new"
    assert _cells(changed, "`max_leaves`")[-1] == "removed"
    assert _cells(_section(report, "Cost and gain"), "trials")[:2] == ["6", "8"]
    assert "Enqueued configurations: 3 in A, 0 in B." in report
    assert "95% interval" in _section(report, "Executive summary")
    assert "After 6 trials, as many as A ran" in report
    assert (two.folder / "out/wider.html").read_text(encoding="utf-8").count("<figure>") == 4


def test_changed_spaces_choices_and_given_configurations_are_listed(folders: Callable[[str], Path]) -> None:
    folders("a")
    b = folders("b")
    search = read_json(b / "models/search.json")
    space = search["settings"]["space"]
    del space["subsample"]
    space |= {"gamma": {"low": 0.0, "high": 1.0}, "max_leaves": {"low": 2, "high": 256, "log": True}}
    given = search["settings"]["enqueue"].pop()
    write_json(search, b / "models/search.json")
    _edit(b, "reports/tune/trials.csv", ",subsample,", ",gamma,")
    _edit(b, "params.yaml", "n_startup_trials: 3", "n_startup_trials: 2")
    said = _section(_report(), "What was changed")
    assert _cells(said, "`gamma`") == ["–", "0.0 to 1.0", "new"]  # noqa: RUF001
    assert _cells(said, "`subsample`") == ["0.5 to 1.0", "–", "removed"]  # noqa: RUF001
    assert _cells(said, "`max_leaves`") == ["2 to 128, log", "2 to 256, log", "wider"]
    assert _cells(said, "`tune.n_startup_trials`") == ["3", "2"]
    assert "Enqueued configurations: 3 in A, 2 in B." in said
    assert f"Only in A: `{json.dumps(given)}`" in said


@pytest.mark.nightly
def test_without_b_the_other_side_is_the_workspace(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two.folder)
    head = two.run("git", "rev-parse", "HEAD").stdout.strip()
    said = markdown(compare(head, timing=False))
    assert f"# Comparison of `{head}` (A) and `workspace` (B)" in said
    assert "**The same result on both sides**" in said
    assert "## Metrics" not in said


def test_times_are_shown_and_measured_unless_they_are_unwanted(folders: Callable[[str], Path]) -> None:
    folders("a")
    write_json({"optimization_time_seconds": 12.5, "search_cpu_seconds": 20.0}, folders("b") / "results.json")
    plant(Path("b"), 0.9)
    said = _section(markdown(compare("./a", "./b")), "Cost and gain")
    assert _cells(said, "search, wall time †")[:2] == ["–", "12.5 s"]  # noqa: RUF001
    assert _cells(said, "search, CPU time †")[:2] == ["–", "20 s"]  # noqa: RUF001
    for name in ("inference, one row †", "inference, 1,000 rows †"):
        assert all(float(cell.removesuffix(" ms")) > 0 for cell in _cells(said, name)[:2])
    assert "†" not in _report()


def test_a_planted_better_model_is_better_and_shipped(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.8)
    report = _report()
    assert "**B is better**" in _section(report, "Executive summary")
    assert "excludes 0" in _section(report, "Recommendation")
    assert "**Ship B**" in report
    turned = _report("./b", "./a")
    assert "**A is better**" in turned
    assert "**Ship A**" in turned


def test_within_noise_the_smaller_model_is_shipped(folders: Callable[[str], Path]) -> None:
    (folders("a") / "models/model/more.json").write_text(" " * 50_000)
    plant(folders("b"), 1.0, noise=0.02)
    report = _report()
    assert "**Within noise**" in _section(report, "Executive summary")
    assert "**within noise**" in _section(report, "Is it more than luck?")
    assert "**Ship B**: the difference is within noise, and B's model is smaller (" in report


def test_a_better_model_whose_gates_fail_is_not_shipped(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.8)
    gates = read_json(Path("b/reports/gates.json"))
    gates["gates"][0]["result"] = gates["gates_overall"] = "fail"
    write_json(gates, Path("b/reports/gates.json"))
    said = _section(_report(), "Recommendation")
    assert "**Ship A**: B fails min_test_r2, though it is better by score." in said
    assert "find out why" in said


def test_on_other_test_rows_nothing_is_recommended_by_score(folders: Callable[[str], Path]) -> None:
    folders("a")
    b = folders("b")
    write_table(read_table(b / TEST).iloc[:-1], b / TEST)
    _edit(b, "params.yaml", "test_size: 0.2", "test_size: 0.19")
    report = _report()
    assert "**Cannot be compared: test rows (A: 80, B: 79 others)**" in report
    assert _cells(_section(report, "Metrics"), "test RMSE")[-1] == "–"  # noqa: RUF001
    assert "because of `split.test_size`" in _section(report, "Is it more than luck?")
    assert "**Ship neither for its score**" in report
    assert "p = " not in report
    assert "p-value" not in _section(report, "Is it more than luck?").partition("neither a p-value")[2]


@pytest.mark.parametrize(
    ("strategy", "column", "units"),
    [
        ("group", "group", "7 groups of equal `band` among 80 test rows"),
        ("time", "moment", "7 moments of `band` in their order, 80 test rows"),
    ],
)
def test_rows_are_related_as_the_split_relates_them(
    folders: Callable[[str], Path], strategy: str, column: str, units: str
) -> None:
    for name, share in (("a", 1.0), ("b", 0.8)):
        folder = folders(name)
        plant(folder, share)
        predictions = read_table(folder / TEST)
        write_table(predictions.assign(**{column: np.arange(len(predictions)) % 7}), folder / TEST)
        _edit(folder, "params.yaml", "strategy: random", f"strategy: {strategy}")
        _edit(folder, "params.yaml", f"{strategy}:  ", f"{strategy}: band  ")
    assert units in _report()


def test_a_result_without_the_groups_of_its_rows_is_one_clear_line(folders: Callable[[str], Path]) -> None:
    """As versions before 1 wrote it: rows of a group would be taken for independent."""
    for name, share in (("a", 1.0), ("b", 0.2)):
        folder = folders(name)
        plant(folder, share)
        _edit(folder, "params.yaml", "strategy: random", "strategy: group")
        _edit(folder, "params.yaml", "group:  ", "group: band  ")
    report = _report()
    assert "cannot be compared" in report
    assert "band, which an earlier version did not store; run its evaluate stage again" in report


def test_scores_on_other_folds_are_not_set_against_each_other(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.9)
    search = read_json(Path("b/models/search.json"))
    search["settings"]["data_sha256"] = "0" * 64
    write_json(search, Path("b/models/search.json"))
    report = _report()
    assert "The training rows or their folds differ." in _section(report, "What was changed")
    metrics, trials = _section(report, "Metrics"), _section(report, "Trials")
    assert _cells(metrics, "cross-validation RMSE")[3:] == ["–", "–", "–"]  # noqa: RUF001
    assert _cells(metrics, "test RMSE")[-1] == "B"
    assert "cross-validation scores are not set against each other" in metrics
    assert "The searches were judged on different training rows or folds" in trials
    assert "complete trials" not in trials
    assert _cells(_section(report, "Overfit gap"), "cross-validation RMSE")[-1] == "–"  # noqa: RUF001


@pytest.mark.parametrize(
    ("file", "old", "name"),
    [
        (
            "models/model/model.json",
            '"n_models"',
            r"^compare \./b: models/model/model.json: is damaged",
        ),
        ("models/model/model.json", '"learning_rate_factor"', "written by another version"),
        ("models/search.json", '"rows_as"', "written by another version"),
    ],
)
def test_an_export_of_another_version_is_one_line(
    folders: Callable[[str], Path], file: str, old: str, name: str
) -> None:
    folders("a")
    plant(folders("b"), 0.9)
    _edit(Path("b"), file, old, '"of_another_version"')
    with pytest.raises(DataError, match=name) as raised:
        _report()
    assert "\n" not in str(raised.value)


def test_shuffling_is_compared_by_its_difference(folders: Callable[[str], Path]) -> None:
    for name, growth in (("a", 0.001), ("b", -0.011)):
        folder = folders(name)
        plant(folder, {"a": 1.0, "b": 0.9}[name])
        file = folder / "reports/evaluate/feature_importance.csv"
        table = pd.read_csv(file)
        table.loc[table.index[-1], "feature"] = "unneeded"
        table.loc[table.index[-1], "permutation_mean"] = growth
        table.to_csv(file, index=False)
    assert _cells(_report(), "`unneeded`")[:3] == ["0.001", "-0.011", "-0.012"]


def test_the_summary_names_the_gap_and_the_window_of_a_split(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.9)
    assert _cells(_report(), "split")[:2] == ["random, test 0.2, 3 folds"] * 2
    for name, gap in (("a", "7d"), ("b", "1")):
        _edit(Path(name), "params.yaml", "strategy: random ", "strategy: time   ")
        _edit(Path(name), "params.yaml", "  time:  ", "  time: x0")
        _edit(Path(name), "params.yaml", "  gap:  ", f"  gap: {gap} ")
    _edit(Path("b"), "params.yaml", "window: expanding ", "window: rolling   ")
    found = _cells(_section(_report(), "Executive summary"), "split")
    assert found == ["time, test 0.2, 3 folds, gap 7d", "time, test 0.2, 3 folds, gap 1 row, rolling window"]


def test_results_with_other_scores_are_shown_and_not_ranked(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.8)
    _edit(Path("b"), "models/model/model.json", '"metric": "rmse"', '"metric": "mae"')
    _edit(Path("b"), "models/model/model.json", '"objective": "squared_error"', '"objective": "absolute_error"')
    _edit(Path("b"), "params.yaml", "objective: auto", "objective: absolute_error")
    report, turned = _report(), _report("./b", "./a")
    what = "objective (A: squared_error, B: absolute_error), metric (A: rmse, B: mae)"
    assert f"**Cannot be compared: {what}**. Each by its own score on its own test rows: RMSE " in report
    assert "**Cannot be compared: objective (A: absolute_error, B: squared_error), metric (A: mae, B: rmse)**" in turned
    for each in (report, turned):
        assert "**Ship neither for its score**" in each
        assert "p = " not in each
        assert "is better" not in each.partition("## Recommendation")[0]
        assert "with the same `booster.objective`, so that both have the same score" in each
        assert "judged by different scores" in each
        assert _cells(_section(each, "Metrics"), "test RMSE")[-1] == "–"  # noqa: RUF001
    assert f"**Ship neither for its score**: the two cannot be compared: {what}." in report
    assert _cells(_section(report, "Is it more than luck?"), "metric") == ["rmse", "mae"]
    assert all(_cells(_section(report, "Metrics"), "test RMSE")[1:3])


def test_other_targets_are_one_line(folders: Callable[[str], Path]) -> None:
    folders("a")
    _edit(folders("b"), "models/model/model.json", '"column": "y"', '"column": "z"')
    with pytest.raises(
        DataError, match=r"^compare: \./a predicts 'y' \(a number\), \./b predicts 'z' \(a number\): "
    ) as raised:
        _report()
    assert "\n" not in str(raised.value)


def test_names_with_markup_stay_text(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.9)
    file = Path("b/reports/evaluate/feature_importance.csv")
    table = pd.read_csv(file)
    name = "<script>alert(1)</script>|`x`"
    table.loc[0, "feature"] = name
    table.to_csv(file, index=False)
    document = compare("./a", "./b", timing=False)
    assert "<script>alert" not in html(document)
    assert "&lt;script&gt;alert(1)" in html(document)
    (row,) = (line for line in markdown(document).splitlines() if line.startswith("| `` <script>"))
    assert r"`` <script>alert(1)</script>\|`x` ``" in row


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such-branch", "is not a commit, tag, branch, experiment or folder"),
        ("HEAD~99", "is not a commit, tag, branch, experiment or folder"),
        ("reports", "the folder contains no result"),
        ("main", "is both a revision and a folder; write ./main"),
        ("./empty", "the folder contains no result"),
    ],
)
def test_a_name_without_a_result_is_one_line(
    two: Project, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(two.folder)
    for folder in ("main", "empty"):
        Path(folder).mkdir(exist_ok=True)
    with pytest.raises(DataError, match=said) as raised:
        compare("HEAD", name, timing=False)
    assert str(raised.value).startswith(f"compare {name}: ")
    assert "\n" not in str(raised.value)


def test_a_commit_without_a_result_is_no_place_to_run_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.run("git", "rm", "-q", "--cached", "reports/evaluate/uncertainty.json")
    project.run("git", "commit", "-q", "-m", "of another version")
    project.run("git", "rm", "-q", "--cached", "dvc.lock")
    project.run("git", "commit", "-q", "-m", "no result")
    monkeypatch.chdir(project.folder)
    with pytest.raises(DataError, match=r"^compare HEAD: commit \w+: has no dvc.lock, so it contains no result$"):
        compare("HEAD", timing=False)
    with pytest.raises(DataError, match=r"uncertainty.json: no such file: commit \w+ has no result that this version"):
        compare("HEAD~1", timing=False)
    with pytest.raises(DataError, match="is a repository, not an exported folder"):
        compare("workspace", ".", timing=False)
    project.run("git", "rm", "-rq", "--cached", ".dvc")
    project.run("git", "commit", "-q", "-m", "of before DVC")
    with pytest.raises(DataError, match=r"^compare HEAD: commit \w+: has no dvc.lock, so it contains no result$"):
        compare("HEAD", timing=False)


def test_outputs_that_are_gone_are_one_line_and_the_old_report_stays(project: Project) -> None:
    shutil.rmtree(project.folder / ".dvc/cache")
    (project.folder / "c.md").write_text("as it was")
    refused = project.run("lockstep", "compare", "HEAD", "--md", "c.md", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("lockstep: compare HEAD: commit ")
    assert "`dvc fetch`" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert (project.folder / "c.md").read_text() == "as it was"


def test_a_damaged_output_is_one_line(folders: Callable[[str], Path]) -> None:
    folders("a")
    (folders("b") / TEST).write_bytes(b"torn")
    with pytest.raises(DataError, match=r"^compare \./b: data/predictions/test.parquet: is damaged, or was") as raised:
        _report()
    assert "\n" not in str(raised.value)


def test_a_report_that_cannot_be_written_is_one_line(folders: Callable[[str], Path]) -> None:
    folders("a")
    plant(folders("b"), 0.9)
    Path("file").write_text("")
    with pytest.raises(DataError, match=r"^file/c.md: cannot be written: "):
        write_reports("./a", "./b", "file/c.md", None, timing=False)
    with pytest.raises(DataError, match=r"^a: is a folder; name a file"):
        write_reports("./a", "./b", None, "a", timing=False)


def test_results_of_the_same_predictions_are_told_apart_by_their_cost(folders: Callable[[str], Path]) -> None:
    folders("a")
    search = read_json(folders("b") / "models/search.json")
    search["cost"]["fold_fits"] -= 1
    Path("b/models/search.json").write_text(json.dumps(search))
    report = _report()
    assert "**The same predictions**" in report
    assert "the models are equally large, and B's search was cheaper" in report
    assert "**Ship B**" in report
