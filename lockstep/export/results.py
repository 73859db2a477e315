"""results.json: a result in one flat file, for scripts and a quick look."""

from collections.abc import Mapping
from typing import Any

from lockstep.export.folder import MADE_BY
from lockstep.results.result import Result
from lockstep.search.times import SearchTime
from lockstep.tracking.provenance import Provenance

# In every result, null where the metric does not apply, such as RMSE of classes.
STANDARD_METRICS = ("rmse", "r2")


def results_of(result: Result, place: Provenance, time: SearchTime | None) -> dict[str, Any]:
    """The content of results.json.

    Args:
        result: The result.
        place: Provenance of the result.
        time: Time of the search, if it is known.
    """
    search, best, params = result.search, result.best, result.params
    cost, score = result.cost, best[result.cv_column]
    return {
        **MADE_BY,
        "dataset": result.dataset,
        "target": result.target.column,
        "features": params["features"],
        "seed": params["seed"],
        "metric": search["metric"],
        "best_params": best["params"],
        "best_trial": best["trial"],
        "n_rounds": best["n_rounds"],
        "cv_rmse": score if search["metric"] == "rmse" else None,
        "cv_score": score,
        **_metrics(result),
        "test_intervals": {row["metric"]: [row["low"], row["high"]] for row in result.uncertainty["intervals"]},
        "gates": result.gates["gates_overall"],
        "n_trials": len(result.trials),
        "n_trials_completed": cost["trials_complete"],
        "n_trials_pruned": cost["trials_pruned"],
        "n_trials_failed": cost["trials_failed"],
        "fold_fits": cost["fold_fits"],
        "boosting_rounds": cost["boosting_rounds"],
        "optimization_time_seconds": time.wall_seconds if time else None,
        "search_cpu_seconds": time.cpu_seconds if time else None,
        "model_bytes": result.model_bytes,
        "versions": search["settings"]["versions"],
        "space": search["space_name"],
        "study_key": search["study_key"],
        "result_key": result.key,
        "commit": place.commit,
        "experiment": place.exp_name,
    }


def _metrics(result: Result) -> dict[str, float | None]:
    """test_METRIC, train_METRIC, and of the baselines baseline_METRIC (the constant) and untuned_xgboost_METRIC."""
    metrics = result.metrics
    constant = next(name for name in metrics["baseline"] if name != "untuned_xgboost")
    parts: dict[str, Mapping[str, float | None]] = {
        "test": metrics["test"],
        "train": metrics["train"],
        "baseline": metrics["baseline"][constant],
        "untuned_xgboost": metrics["baseline"]["untuned_xgboost"],
    }
    names = list(dict.fromkeys([*STANDARD_METRICS, *metrics["test"]]))
    return {f"{part}_{name}": scores.get(name) for part, scores in parts.items() for name in names}
