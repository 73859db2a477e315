"""The content of a result's run in MLflow: metrics, parameters, tags, tables, artefacts and trials."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.errors import DataError
from lockstep.evaluate.differences import test_rows_digest
from lockstep.evaluate.evaluation import LEAD_COLUMNS, THIS_MODEL
from lockstep.project import paths
from lockstep.results.choices import flatten
from lockstep.results.dvc_lock import md5_of
from lockstep.results.result import DESCRIPTION, Result
from lockstep.tracking.consultations import TEST_ROWS
from lockstep.tracking.trial_runs import TrialRun, trial_runs, truncated_param, truncated_tag

REPORTS = (
    paths.METRICS,
    paths.ALL_METRICS,
    paths.GATES,
    paths.INDEX,
    paths.DATA_QUALITY,
    paths.TRIALS,
    paths.LEARNING_CURVE,
)
NEEDED = (
    paths.TRAIN,
    paths.TEST,
    paths.BEST_PARAMS,
    paths.SEARCH,
    DESCRIPTION,
    paths.PREDICTIONS,
    paths.OUT_OF_FOLD,
    paths.BASELINES,
    paths.UNCERTAINTY,
    paths.REPEATED,
    *REPORTS,
)


def complete_result(root: Path = Path(), *, exported: bool = False) -> Result:
    """The result in a folder, checked to contain everything that MLflow gets, readable.

    Args:
        root: The working directory, or a copy of a revision's outputs, whose path messages omit.
        exported: Whether `lockstep export` wrote the folder, which then has no training rows.

    Raises:
        DataError: naming the file, if an output is missing or not what this version writes.
    """
    result = Result(root, named=False)
    required = [path for path in NEEDED if path != paths.TRAIN or not exported]
    missing = [path for path in required if not (root / path).exists()]
    if missing:
        raise DataError(f"{missing[0]}: no such file; run `dvc repro` first")
    trials_of(result)
    metrics_of(result)
    _ = result.training, result.params, result.gates, result.best, result.findings
    return result


def trials_of(result: Result) -> list[TrialRun]:
    """The nested runs of its trials."""
    trials, space, score = result.trials, result.space, result.cv_column
    with result.reading(paths.TRIALS):
        return trial_runs(trials, space, score)


def metrics_of(result: Result) -> dict[str, float]:
    """All metrics of the evaluation and the cost of the search; undefined ones are left out."""
    metrics = dict[str, float]()
    for path, numbers in NUMBERS.items():
        with result.reading(path):
            metrics |= {name: float(value) for name, value in numbers(result).items() if value is not None}
    return metrics


def params_of(result: Result) -> dict[str, str]:
    """All choices: the parameters, the best trial's, and those in which the final model differs."""
    training, best = result.training, result.best
    final = {name: training[name] for name in ("n_rounds", "learning_rate_factor")}
    several = result.final_training
    if several.members:
        final |= {"kind": several.final, "configurations": len(several.members)}
    if "learning_rate" in training["params"]:
        final["learning_rate"] = training["params"]["learning_rate"]
    params = {
        **result.params,
        **{f"best.{name}": value for name, value in best["params"].items()},
        "best.n_rounds": best["n_rounds"],
        **{f"final.{name}": value for name, value in final.items()},
    }
    return {name: truncated_param(str(value)) for name, value in sorted(params.items())}


def tags_of(result: Result) -> dict[str, str]:
    """Tags about the result and its inputs; the tags about its place come from Provenance."""
    settings = result.search["settings"]
    return {
        "lockstep.result": result.key,
        "lockstep.dataset": result.dataset,
        "lockstep.features": str(result.params["features"]),
        "lockstep.metric": result.fitting.metric,
        "lockstep.study_key": result.search["study_key"],
        "lockstep.data_sha256": settings["data_sha256"],
        TEST_ROWS: test_rows_digest(result.predictions),
        "lockstep.gates": result.gates["gates_overall"],
        **finding_tags(result),
        **{f"lockstep.version.{name}": exact for name, exact in settings["versions"].items()},
    }


def finding_tags(result: Result) -> dict[str, str]:
    """A tag with the sentence of each finding."""
    return {f"lockstep.finding.{finding['name']}": truncated_tag(finding["sentence"]) for finding in result.findings}


def tables_of(result: Result) -> dict[str, str]:
    """md5 of the training and the test table, as in dvc.lock."""
    return {path.stem: md5_of(result.root / path) for path in (paths.TRAIN, paths.TEST)}


def artifacts_of(result: Result) -> list[str]:
    """Outputs that MLflow stores besides the model, under their names in the repository."""
    candidates = [paths.BEST_PARAMS, paths.SEARCH, paths.PREDICTIONS, paths.OUT_OF_FOLD, *REPORTS]
    present = [path for path in candidates if (result.root / path).is_file()]
    return sorted(map(str, {*present, *result.evaluation_files}))


def _metrics(result: Result) -> dict[str, Any]:
    return flatten(result.metrics)


def _all_metrics(result: Result) -> dict[str, Any]:
    return flatten(result.all_metrics)


def _intervals(result: Result) -> dict[str, Any]:
    """The intervals of the test metrics."""
    uncertainty = result.uncertainty
    ends = {f"test.{row['metric']}.{end}": row[end] for row in uncertainty["intervals"] for end in ("low", "high")}
    return ends | flatten({key: value for key, value in uncertainty.items() if not isinstance(value, list)}, "test.")


def _repeated(result: Result) -> dict[str, Any]:
    """The metrics of the repeated protocol."""
    metrics = dict[str, Any]()
    for row in result.repeated.get("metrics", []):
        metrics |= flatten({key: value for key, value in row.items() if key != "metric"}, f"repeated.{row['metric']}.")
    return metrics


def _baselines(result: Result) -> dict[str, Any]:
    """The metrics of the baselines."""
    metrics, table = dict[str, Any](), result.table("baselines")
    for _, row in table[table["model"] != THIS_MODEL].iterrows():
        values = {name: row[name] for name in table.columns if name not in LEAD_COLUMNS and pd.notna(row[name])}
        metrics |= flatten(values, f"baseline.{row['model']}.")
    return metrics


def _cost(result: Result) -> dict[str, Any]:
    return {f"cost.{name}": value for name, value in result.cost.items()}


# The file of each group of metrics.
NUMBERS: Mapping[Path, Callable[[Result], dict[str, Any]]] = {
    paths.METRICS: _metrics,
    paths.ALL_METRICS: _all_metrics,
    paths.UNCERTAINTY: _intervals,
    paths.REPEATED: _repeated,
    paths.BASELINES: _baselines,
    paths.SEARCH: _cost,
}
