"""`lockstep export`: a result and its views in one folder that needs neither the repository nor its caches."""

import shutil
from pathlib import Path

from lockstep import paths
from lockstep.data.tables import write_json
from lockstep.errors import DataError
from lockstep.exporting.mlflow_view import write_view
from lockstep.exporting.results import results_of
from lockstep.exporting.study import write_study
from lockstep.exporting.target import RESULTS, Target
from lockstep.outputs import Outputs
from lockstep.search.times import search_time
from lockstep.tracking.lock_file import LOCK
from lockstep.tracking.places import opened
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.repository import revision
from lockstep.tracking.result import PipelineResult

# Copied under the names they have in the repository, so that Outputs reads the folder.
SAME_NAMES = (paths.PARAMS, LOCK, paths.REPORTS, paths.MODEL.parent, paths.PREDICTIONS, paths.TEST)
# Copied for people who look for one file.
IN_FRONT = {
    paths.INDEX: "index.html",
    paths.EVALUATE / "optimisation_history.png": "optimization_history.png",
    paths.EVALUATE / "parameter_importance.png": "param_importance.png",
}


def export(target: Target, rev: str | None = None) -> str:
    """Write a result into a folder; an earlier export there is replaced when the new one is complete.

    Args:
        target: The folder.
        rev: A commit, tag, branch or experiment; None: the workspace.

    Returns:
        What was exported.

    Raises:
        LockstepError: if the result is not there or not what dvc.lock says, or the folder cannot be used.
    """
    place = revision(rev) if rev else None
    with opened(place) as (result, provenance):
        try:
            with target.replaced() as new:
                _write(result, provenance, new)
        except OSError as error:
            reason = error.strerror or " ".join(str(error).split())
            raise DataError(f"{target}: cannot be written ({reason}); check the disk and its permissions") from error
    return str(place or "workspace")


README = """# A result of Lockstep: dataset {dataset}

| file | is |
|---|---|
| index.html | the report: open it in a browser |
| results.json | the numbers, for scripts; what is not known is null |
| optimization_history.png, param_importance.png | pictures of the search |
| optuna_study.db | the search as an Optuna study: `optuna-dashboard sqlite:///optuna_study.db` |
| mlruns/ | the result in MLflow: run, trials, artefacts, registered model |
| params.yaml, dvc.lock, reports/, models/, data/ | the outputs, under the names they have in the repository |

MLflow's pages, from this folder:

    mlflow server --host 127.0.0.1 --backend-store-uri sqlite:///mlruns/mlflow.db \\
        --artifacts-destination mlruns/artifacts

Predictions and comparisons, with Lockstep installed: `lockstep predict IN.csv OUT.csv --model models/model`,
`lockstep compare THIS_FOLDER ANOTHER`. To make the result again: `git checkout {commit} && dvc repro`.
"""


def _write(result: PipelineResult, provenance: Provenance, new: Path) -> None:
    outputs = Outputs(result.root)
    for path in SAME_NAMES:
        _copy(result.root / path, new / path)
    for path, name in IN_FRONT.items():
        _copy(result.root / path, new / name)
    write_study(outputs, paths.local_state() / paths.STUDY, new / "optuna_study.db")
    write_view(result.root.resolve(), provenance, new / "mlruns")
    (new / "README.md").write_text(README.format(dataset=result.dataset, commit=provenance.commit or "COMMIT"))
    write_json(results_of(outputs, result, provenance, search_time(result.root / paths.TRIALS)), new / RESULTS)


def _copy(source: Path, target: Path) -> None:
    """Contents alone: DVC may keep its files read-only, or as links into its cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".*"))
    elif source.exists():
        shutil.copyfile(source, target)
    else:
        raise DataError(f"{source}: no such file; run `dvc repro` first")
