"""docs/extending.md as printed: a rule, a step and a metric in one file each, and all that a project does with them."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow import csv

from lockstep.storage.tables import read_json
from tests.conftest import ROOT
from tests.faults.test_cluster import Cluster
from tests.pipeline.project import Project, environment, new_project

PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
# The blocks of the page by the path in their first line.
BLOCKS = {
    path: f"# {path}\n{content}"
    for path, content in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)
}
OWN = [path for path in BLOCKS if path.startswith("custom/")]
# Where the same files would be built in.
BUILT_IN = {
    "custom/rules/difference.py": "lockstep/clean/rules/difference.py",
    "custom/steps/clipped.py": "lockstep/features/steps/clipped.py",
    "custom/metrics/within.py": "lockstep/metrics/kinds/within.py",
}
PYFUNC = """
import sys, mlflow, pandas
from pathlib import Path
model = mlflow.pyfunc.load_model(sys.argv[1])
rows = pandas.read_csv(sys.argv[2], dtype={"sex": str})
print(model.predict(rows.astype({name: float for name in rows if name != "sex"})).tolist())
"""


def _add_own(project: Project) -> None:
    """The page's files, and the page's lines of the dataset file."""
    for path in OWN:
        (project.folder / path).write_text(BLOCKS[path], encoding="utf-8")
    file = project.folder / "datasets/diabetes.yaml"
    dataset, added = yaml.safe_load(file.read_text(encoding="utf-8")), yaml.safe_load(BLOCKS["datasets/diabetes.yaml"])
    dataset["clean"] = added["clean"]
    dataset["features"] |= added["features"]
    file.write_text(yaml.safe_dump(dataset, sort_keys=False), encoding="utf-8")


def _choose_own(project: Project) -> None:
    project.edit("params.yaml", "features: full", "features: own")
    project.edit("params.yaml", "metric: auto", "metric: within")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A committed project with the page's files, whose result does not use them yet."""
    project = new_project(tmp_path_factory.mktemp("extending") / "project")
    project.edit("params.yaml", "dataset: friedman", "dataset: diabetes")
    _add_own(project)
    project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "2"})
    project.commit()
    return project


@pytest.fixture(scope="module")
def extended(plain: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after `dvc repro` with the step, the rule and the metric in use, committed."""
    project = plain.copy(tmp_path_factory.mktemp("extended") / "project")
    _choose_own(project)
    project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "2"})
    project.commit()
    return project


@pytest.fixture(scope="module")
def rows(extended: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test rows as the source holds them, in a CSV file."""
    predictions = pd.read_parquet(extended.folder / "data/predictions/test.parquet")
    raw = pq.read_table(extended.folder / "data/raw/table.parquet").take(pa.array(predictions["row_id"]))
    csv.write_csv(raw.drop_columns(["progression"]), tmp_path_factory.mktemp("rows") / "rows.csv")
    return tmp_path_factory.getbasetemp() / "rows0/rows.csv"


def _expected(project: Project) -> list[float]:
    predictions = pd.read_parquet(project.folder / "data/predictions/test.parquet")
    return list(predictions["predicted"])


def test_the_page_prints_one_file_of_each_kind() -> None:
    assert OWN == ["custom/rules/difference.py", "custom/steps/clipped.py", "custom/metrics/within.py"]
    assert all(block.startswith(f"# {path}\n") for path, block in BLOCKS.items())


def test_the_pages_own_test_passes(extended: Project) -> None:
    path = extended.folder / "test_custom.py"
    path.write_text(BLOCKS["tests/test_custom.py"], encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir=.",
        path.name,
    ]
    done = subprocess.run(
        command, cwd=extended.folder, env={**environment(), "PYTHONPATH": "."}, capture_output=True, text=True
    )
    path.unlink()
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_three_act_on_the_result(extended: Project) -> None:
    clean = pd.read_parquet(extended.folder / "data/clean/table.parquet")
    assert clean["non_hdl"].equals(clean["s1"] - clean["s3"])
    model = read_json(extended.folder / "models/model/model.json")
    assert "bmi_clipped" in str(
        pd.read_csv(extended.folder / "reports/evaluate/feature_importance.csv")["feature"].tolist()
    )
    assert sorted(model["code"]) == sorted(OWN)
    best = read_json(extended.folder / "models/best_params.json")
    predictions = pd.read_parquet(extended.folder / "data/predictions/test.parquet")
    share = float(
        ((predictions["actual"] - predictions["predicted"]).abs() <= 0.2 * predictions["actual"].abs()).mean()
    )
    assert read_json(extended.folder / "reports/metrics.json")["test"]["within"] == pytest.approx(share, rel=1e-9)
    trials = pd.read_csv(extended.folder / "reports/tune/trials.csv")
    trial = trials[trials["number"] == best["trial"]].iloc[0]
    assert best["cv_score"] == pytest.approx(1 - trial.filter(regex=r"^fold_\d+_within$").mean(), rel=1e-9)


def test_one_worker_gives_the_same_bytes(plain: Project, extended: Project, tmp_path: Path) -> None:
    other = plain.copy(tmp_path / "project")
    shutil.rmtree(other.folder / ".lockstep")
    _choose_own(other)
    other.run("dvc", "repro", "--no-run-cache", env={"LOCKSTEP_WORKERS": "1", "PYTHONHASHSEED": "3"})
    assert other.output_hashes() == extended.output_hashes()


@pytest.mark.long("test_one_worker_gives_the_same_bytes")
def test_dask_workers_get_the_projects_metric(plain: Project, extended: Project, tmp_path: Path) -> None:
    """They run in a folder without custom/, and the search's own evaluations are not remembered here."""
    project = extended.copy(tmp_path / "project")
    shutil.rmtree(project.folder / ".lockstep")
    with ExitStack() as stack:
        cluster = Cluster(stack)
        cluster.worker()
        cluster.worker()
        cluster.wait_for(2)
        done = project.run("python3", "-m", "stages.tune", env={"LOCKSTEP_SCHEDULER": cluster.address})
    assert ", 0 reused;" in done.stdout
    for name in ("models/best_params.json", "reports/tune/trials.csv"):
        assert (project.folder / name).read_bytes() == (extended.folder / name).read_bytes()


@pytest.mark.long("test_the_three_act_on_the_result")
def test_the_same_files_as_built_in_ones_give_the_same_predictions(extended: Project, tmp_path: Path) -> None:
    project = extended.copy(tmp_path / "project")
    for path, place in BUILT_IN.items():
        (project.folder / path).rename(project.folder / place)
    project.run("dvc", "repro")
    assert _expected(project) == _expected(extended)
    model = read_json(project.folder / "models/model/model.json")
    assert "code" not in model


def test_page_compare_and_terminal_show_the_label_and_the_direction(plain: Project, extended: Project) -> None:
    page = (extended.folder / "reports/index.html").read_text(encoding="utf-8")
    assert "within 20%" in page
    assert "1 - within 20%" not in page
    assert "within 20%" in (plain.folder / "reports/index.html").read_text(encoding="utf-8")
    report = extended.run("lockstep", "compare", "HEAD~1", "workspace", "--no-timing").stdout
    (line,) = [line for line in report.splitlines() if line.startswith("| test within 20% ")]
    assert line.split("|")[2].strip() == "higher"


def test_predict_gives_the_predictions_of_evaluate(extended: Project, rows: Path, tmp_path: Path) -> None:
    extended.run("lockstep", "predict", str(rows), str(tmp_path / "out.csv"))
    assert csv.read_csv(tmp_path / "out.csv")["predicted"].to_pylist() == _expected(extended)


def test_temp_and_queue_run_with_the_projects_code(extended: Project, tmp_path: Path) -> None:
    project = extended.copy(tmp_path / "project")
    project.run("dvc", "exp", "run", "--temp", "-n", "shorter", "-S", "tune.n_trials=4")
    report = project.run("lockstep", "compare", "HEAD", "shorter", "--no-timing").stdout
    assert "within 20%" in report


def test_a_clean_copy_is_identical(extended: Project) -> None:
    assert extended.run("lockstep", "verify").stdout.startswith("lockstep: identical")


def test_a_change_in_a_folder_runs_its_stages_again(extended: Project) -> None:
    """One `dvc status` for a comment in each file."""
    stages: dict[str, list[str]] = {}
    for path in OWN:
        file = extended.folder / path
        content = file.read_text(encoding="utf-8")
        file.write_text(content + "# more\n", encoding="utf-8")
        status = json.loads(extended.run("dvc", "status", "--json").stdout)
        changed = {
            stage: name
            for stage, causes in status.items()
            for cause in causes
            if isinstance(cause, dict)
            for name in cause.get("changed deps", {})
        }
        stages[path] = [stage for stage, name in changed.items() if name == str(Path(path).parent)]
        file.write_text(content, encoding="utf-8")
    assert stages == {
        "custom/rules/difference.py": ["clean", "train_best", "evaluate"],
        "custom/steps/clipped.py": ["tune", "train_best", "evaluate"],
        "custom/metrics/within.py": ["tune", "train_best", "evaluate"],
    }


def test_folds_are_fitted_again_if_the_metrics_code_changed(extended: Project, tmp_path: Path) -> None:
    project = extended.copy(tmp_path / "project")
    again = project.run("python3", "-m", "stages.tune").stdout
    assert "reused;" in again
    assert ", 0 reused;" not in again
    project.edit("custom/metrics/within.py", "0.2 *", "0.1 *")
    assert ", 0 reused;" in project.run("python3", "-m", "stages.tune").stdout


@pytest.fixture(scope="module")
def exported(extended: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported result, in a folder that is no project."""
    folder = tmp_path_factory.mktemp("exported") / "result"
    extended.run("lockstep", "export", str(folder))
    return folder


def _pyfunc(exported: Path, rows: Path, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (description,) = exported.glob("mlruns/**/models/*/artifacts/MLmodel")
    command = [sys.executable, "-W", "ignore", "-c", PYFUNC, str(description.parent), str(rows)]
    return subprocess.run(command, cwd=cwd, env=environment(env), capture_output=True, text=True)


def test_the_exports_model_runs_its_own_code_only_where_it_is_trusted(
    extended: Project, exported: Path, rows: Path, tmp_path: Path
) -> None:
    """MLflow's pyfunc and `lockstep predict`, in the project, elsewhere, and elsewhere with trust."""
    assert not (exported / "custom").exists()
    refused = _pyfunc(exported, rows, tmp_path, {})
    assert refused.returncode != 0
    assert "code from a model's folder is not run" in refused.stderr.splitlines()[-1]
    for cwd, env in ((extended.folder, {}), (tmp_path, {"LOCKSTEP_TRUST_CODE": "1"})):
        answered = _pyfunc(exported, rows, cwd, env)
        assert answered.returncode == 0, answered.stderr
        assert json.loads(answered.stdout.splitlines()[-1]) == _expected(extended)

    command = ["lockstep", "predict", str(rows), "out.csv", "--model", str(exported / "models/model")]
    elsewhere = Project(tmp_path)
    line = elsewhere.run(*command, check=False)
    assert line.returncode == 1
    assert line.stderr.count("\n") == 1
    assert "custom/rules/difference.py" in line.stderr or "custom/steps/clipped.py" in line.stderr
    assert not (tmp_path / "out.csv").exists()
    elsewhere.run(*command, "--trust-code")
    assert csv.read_csv(tmp_path / "out.csv")["predicted"].to_pylist() == _expected(extended)


def test_a_model_of_other_code_is_refused_in_its_own_project(extended: Project, rows: Path, tmp_path: Path) -> None:
    project = extended.copy(tmp_path / "project")
    project.edit("custom/steps/clipped.py", "np.clip(values, self._low, self._high)", "values")
    refused = project.run("lockstep", "predict", str(rows), str(tmp_path / "out.csv"), check=False)
    assert refused.returncode == 1
    assert "custom/steps/clipped.py" in refused.stderr
    trusted = project.run("lockstep", "predict", str(rows), str(tmp_path / "out.csv"), "--trust-code")
    assert trusted.stdout.startswith("lockstep: ")
    assert csv.read_csv(tmp_path / "out.csv")["predicted"].to_pylist() == _expected(extended)


def test_each_mistake_is_one_line_with_file_and_line(plain: Project, tmp_path: Path) -> None:
    project = plain.copy(tmp_path / "project")

    def refused(path: str, old: str, new: str) -> str:
        file = project.folder / path
        content = file.read_text(encoding="utf-8")
        project.edit(path, old, new)
        done = project.run("lockstep", "check", check=False)
        file.write_text(content, encoding="utf-8")
        assert done.returncode == 1, (old, new)
        assert done.stderr.count("\n") == 1
        return done.stderr

    step, rule, metric = "custom/steps/clipped.py", "custom/rules/difference.py", "custom/metrics/within.py"
    assert f"{step}: line 11: " in refused(step, "class Clipped(Step):", "class Clipped(Step)")
    assert f"{metric}: line 2: imports nompy, which is not installed" in refused(metric, "import numpy", "import nompy")
    assert f"{rule}: class Difference does not define compute" in refused(rule, "def compute", "def computes")
    assert "does not define greater_is_better" in refused(metric, "    greater_is_better = True\n", "")
    assert f"{step}: line 8: ImportError" in refused(step, "import Numbers, Step", "import Numbers, Stop, Step")
    other_folder = refused(step, "import numpy", "from custom.rules import difference\nimport numpy")
    assert (
        f"{step}: line 5: imports custom.rules.difference, and the stages that use custom/steps do not" in other_folder
    )
