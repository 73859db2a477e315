"""`lockstep export`: a result and its views in one folder, independent of the repository and its caches."""

import shutil
from pathlib import Path

from lockstep.errors import DataError, system_reason
from lockstep.export.folder import ExportFolder
from lockstep.export.merging import RESULTS
from lockstep.export.mlflow_view import write_view
from lockstep.export.readme import readme
from lockstep.export.results import results_of
from lockstep.export.study import write_study
from lockstep.project import paths
from lockstep.results.dvc_lock import LOCK, DvcLock
from lockstep.results.result import Result
from lockstep.search.times import search_time
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import write_json
from lockstep.sync.places import open_result
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.repository import revision

# Outputs and folders of outputs that are copied under the names at which Result reads them.
COPIED = (paths.REPORTS, paths.MODEL.parent, paths.PREDICTIONS, paths.OUT_OF_FOLD, paths.TEST)
# Copied once more to the top level, where people look for them.
TOP_LEVEL_COPIES = {
    paths.INDEX: "index.html",
    paths.EVALUATE / "optimisation_history.png": "optimization_history.png",
    paths.EVALUATE / "parameter_importance.png": "param_importance.png",
}


def export(target: ExportFolder, rev: str | None = None) -> str:
    """Write a result into a folder; an earlier export there is replaced once the new one is complete.

    Args:
        target: The folder.
        rev: A commit, tag, branch or experiment; None: the workspace.

    Returns:
        The name of what was exported.

    Raises:
        LockstepError: if the result is missing or differs from dvc.lock, or the folder cannot be used.
    """
    place = revision(rev) if rev else None
    with open_result(place) as (result, provenance):
        try:
            with target.replaced() as new:
                _write(result, provenance, new)
        except OSError as error:
            reason = system_reason(error)
            raise DataError(f"{target}: cannot be written ({reason}); check the disk and its permissions") from error
    return str(place or "workspace")


def _write(result: Result, provenance: Provenance, new: Path) -> None:
    settings = paths.DATASETS / f"{result.dataset}.yaml"
    for path in (paths.PARAMS, settings, LOCK, *_locked_outputs(result.root)):
        _copy(result.root / path, new / path)
    for path, name in TOP_LEVEL_COPIES.items():
        _copy(result.root / path, new / name)
    # The URL of a database cannot contain % or ?, which names of folders may.
    with scratch_folder("export") as folder:
        study, view = folder / "optuna_study.db", folder / "mlruns"
        write_study(result, paths.local_state() / paths.STUDY, study)
        write_view(result.root.resolve(), provenance, view)
        _copy(study, new / study.name)
        _copy(view, new / view.name)
    (new / "README.md").write_text(readme(result.dataset, provenance), encoding="utf-8")
    write_json(results_of(result, provenance, search_time(result.root / paths.TRIALS)), new / RESULTS)


def _locked_outputs(root: Path) -> list[Path]:
    """The outputs in dvc.lock; other files beside them belong to the user."""
    outputs = map(Path, DvcLock.read(root).hashes)
    return [path for path in outputs if any(path.is_relative_to(folder) for folder in COPIED)]


def _copy(source: Path, target: Path) -> None:
    """Copy contents without permissions or links: DVC may keep its files read-only, or as links into its cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".*"))
    elif source.exists():
        shutil.copyfile(source, target)
    else:
        raise DataError(f"{source}: no such file; run `dvc repro` first")
