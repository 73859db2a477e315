"""`lockstep export`: a result and its views in one folder that needs neither the repository nor its caches."""

import shutil
from pathlib import Path

from lockstep.errors import DataError, system_reason
from lockstep.export.merging import RESULTS
from lockstep.export.mlflow_view import write_view
from lockstep.export.readme import readme
from lockstep.export.results import results_of
from lockstep.export.study import write_study
from lockstep.export.target import Target
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.outputs import Outputs
from lockstep.project import paths
from lockstep.search.times import search_time
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import write_json
from lockstep.sync.places import opened
from lockstep.tracking.lock_file import LOCK
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.repository import revision
from lockstep.tracking.result import PipelineResult

# Outputs that are copied, and all those inside, under the names they have in the repository: Outputs reads the folder.
SAME_NAMES = (paths.REPORTS, paths.MODEL.parent, paths.PREDICTIONS, paths.TEST)
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
            reason = system_reason(error)
            raise DataError(f"{target}: cannot be written ({reason}); check the disk and its permissions") from error
    return str(place or "workspace")


def _write(result: PipelineResult, provenance: Provenance, new: Path) -> None:
    outputs, settings = Outputs(result.root), paths.DATASETS / f"{result.dataset}.yaml"
    for path in (paths.PARAMS, settings, LOCK, *_made(result.root)):
        _copy(result.root / path, new / path)
    for path, name in IN_FRONT.items():
        _copy(result.root / path, new / name)
    # The address of a database can hold no % and no ?, which names of folders may.
    with scratch_folder("export") as folder:
        study, view = folder / "optuna_study.db", folder / "mlruns"
        write_study(outputs, paths.local_state() / paths.STUDY, study)
        write_view(result.root.resolve(), provenance, view)
        _copy(study, new / study.name)
        _copy(view, new / view.name)
    (new / "README.md").write_text(readme(result.dataset, provenance), encoding="utf-8")
    write_json(results_of(outputs, result, provenance, search_time(result.root / paths.TRIALS)), new / RESULTS)


def _made(root: Path) -> list[Path]:
    """The outputs that dvc.lock names: what else lies beside them is a person's own."""
    stages = read_yaml(root / LOCK)["stages"].values()
    made = [Path(out["path"]) for stage in stages for out in stage.get("outs", [])]
    return [path for path in made if any(path.is_relative_to(each) for each in SAME_NAMES)]


def _copy(source: Path, target: Path) -> None:
    """Contents alone: DVC may keep its files read-only, or as links into its cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".*"))
    elif source.exists():
        shutil.copyfile(source, target)
    else:
        raise DataError(f"{source}: no such file; run `dvc repro` first")
