"""Decide whether a new model becomes champion, by the rule of `lockstep compare`; the champion is read from MLflow."""

from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import DataError, kind_and_reason
from lockstep.evaluate.contender import Contender
from lockstep.evaluate.ranking import Ranking, rank
from lockstep.model.saved import missing_files
from lockstep.project import paths
from lockstep.results.result import RUN_AGAIN, Result
from lockstep.storage.scratch import scratch_folder
from lockstep.tracking.logged_model import FILES

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

# Outputs that ranking reads besides the model.
RANKING_OUTPUTS = (paths.PREDICTIONS, paths.GATES, paths.SEARCH)
# MLflow's error codes for entities that no longer exist.
MISSING_CODES = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")


def decide_champion(
    client: "MlflowClient", champion_version: "ModelVersion | None", number: str, result: Result
) -> tuple[bool, str]:
    """Whether a result's model becomes champion, and the reason.

    The champion is A and the new model B in the rule of `lockstep compare`, so that both decide alike.

    Args:
        client: The store.
        champion_version: The champion's version, if there is one.
        number: The new model's version.
        result: The new model's result.
    """
    candidate = Contender.of(result, result.params)
    if candidate.failed_gates:
        return False, f"the gates fail ({', '.join(candidate.failed_gates)})"
    if champion_version is None:
        return True, "it is the first model whose gates pass"
    command = f"lockstep champion {number} --dataset {champion_version.name}"
    by_hand = f"; to make version {number} the champion anyway: `{command}`"
    try:
        champion = _read(client, champion_version)
    except DataError as error:
        return False, f"the two cannot be compared, because {error}{by_hand}"
    ranking = rank(champion, candidate)
    return _decision(ranking, f"version {champion_version.version}", f"version {number}", by_hand)


def _decision(ranking: Ranking, a: str, b: str, by_hand: str) -> tuple[bool, str]:
    decision, scores = ranking.decision(a, b), ranking.measured(a, b)
    if not ranking.verdict.comparable:
        return False, f"{decision.reason}{by_hand}"
    return decision.letter == "B", f"{decision.reason} ({scores})" if scores else decision.reason


def _read(client: "MlflowClient", version: "ModelVersion") -> Contender:
    """Read what ranking needs of a version from MLflow.

    Raises:
        DataError: if a part is missing or was written by another version of Lockstep.
    """
    with scratch_folder("mlflow") as scratch:
        run = run_of(client, version)
        for path in RANKING_OUTPUTS:
            _download(client, run.info.run_id, path, scratch)
        _download_model(version, scratch)
        try:
            return Contender.of(Result(scratch, named=False), run.data.params)
        except DataError as error:
            raise DataError(f"version {version.version}: {str(error).removesuffix(RUN_AGAIN)}") from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what = kind_and_reason(error)
            raise DataError(f"version {version.version} was made by another version of Lockstep ({what})") from error


def run_of(client: "MlflowClient", version: "ModelVersion") -> "Run":
    """The run of a version's result.

    Raises:
        DataError: if MLflow has it no longer.
    """
    from mlflow.exceptions import MlflowException

    try:
        if version.run_id:
            return client.get_run(version.run_id)
    except MlflowException as error:
        if error.error_code not in MISSING_CODES:
            raise
    raise DataError(f"the run of version {version.version} is gone from MLflow")  # it was deleted permanently


def _download(client: "MlflowClient", run_id: str, path: Path, root: Path) -> None:
    """Download an output of the champion's run to its usual path below `root`."""
    name = path.as_posix()
    if name not in {file.path for file in client.list_artifacts(run_id, path.parent.as_posix())}:
        raise DataError(f"the champion's {name} is gone from MLflow")
    _move(client.download_artifacts(run_id, name, str(_new_folder(root, path))), root / path)


def _download_model(version: "ModelVersion", root: Path) -> None:
    """Download the files of a version's model to their usual paths below `root`.

    Raises:
        DataError: if the model or one of its files is missing.
    """
    import mlflow
    from mlflow.exceptions import MlflowException

    uri, folder = f"models:/{version.name}/{version.version}/{FILES}", _new_folder(root, paths.MODEL)
    try:
        # A server reports a missing file as an internal error, so the files are listed first.
        present = mlflow.artifacts.list_artifacts(artifact_uri=uri)
    except MlflowException as error:
        if error.error_code not in MISSING_CODES:
            raise
        present = []
    if not present:
        raise DataError(f"the model of version {version.version} is gone from MLflow")
    _move(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)), root / paths.MODEL)
    if missing := missing_files(root / paths.MODEL):
        raise DataError(f"{missing[0]} of the model of version {version.version} is gone from MLflow")


def _new_folder(root: Path, path: Path) -> Path:
    """A folder for one download: MLflow chooses the place in it."""
    folder = root / "downloads" / path
    folder.mkdir(parents=True)
    return folder


def _move(source: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    Path(source).rename(target)
