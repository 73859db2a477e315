"""Whether a new model becomes champion: the rule of `lockstep compare`, with the champion read from MLflow."""

from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import DataError, one_line
from lockstep.evaluate.contender import Contender
from lockstep.evaluate.ranking import Ranking, rank
from lockstep.model.saved import missing_files
from lockstep.project import paths
from lockstep.results.result import Result
from lockstep.storage.scratch import scratch_folder
from lockstep.tracking.logged_model import FILES
from lockstep.tracking.store import TRACKING_URI

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
# Outputs that ranking reads, besides the model.
NEEDED = (paths.PREDICTIONS, paths.GATES, paths.SEARCH)
# MLflow's words for what is not there any more.
GONE = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")


def decide_champion(
    client: "MlflowClient", holder: "ModelVersion | None", number: str, result: Result
) -> tuple[bool, str]:
    """Whether a result's model becomes champion, and why or why not, in words.

    The champion is A and the new model B of the rule that `lockstep compare` states, so that both say the same.

    Args:
        client: The store.
        holder: The champion's version, if there is one.
        number: The new model's version.
        result: The new model's result.
    """
    new = Contender.of(result, result.params)
    if new.failed_gates:
        return False, f"the gates fail ({', '.join(new.failed_gates)})"
    if holder is None:
        return True, "the first whose gates pass"
    by_hand = (
        f"; to make version {number} the champion all the same, with {TRACKING_URI} set to this store:"
        f" {alias_command(holder.name, number)}"
    )
    try:
        old = _read(client, holder)
    except DataError as error:
        return False, f"the two cannot be compared, because {error}{by_hand}"
    ranking = rank(old, new, lambda: result.test_table)
    return _of(ranking, f"version {holder.version}", f"version {number}", by_hand)


def alias_command(name: str, number: str) -> str:
    """The command by which a person makes a version the champion, without the store's address, which may be secret."""
    call = f'mlflow.MlflowClient().set_registered_model_alias("{name}", "{CHAMPION}", "{number}")'
    return f"python3 -c 'import mlflow; {call}'"


def _of(ranking: Ranking, a: str, b: str, by_hand: str) -> tuple[bool, str]:
    decision, measured = ranking.decision(a, b), ranking.measured(a, b)
    if not ranking.verdict.comparable:
        return False, f"{decision.reason}{by_hand}"
    return decision.letter == "B", f"{decision.reason} ({measured})" if measured else decision.reason


def _read(client: "MlflowClient", version: "ModelVersion") -> Contender:
    """What MLflow holds of a version that ranking needs.

    Raises:
        DataError: if a part of it is gone or was written by another version of Lockstep.
    """
    with scratch_folder("mlflow") as scratch:
        run = _run(client, version)
        for path in NEEDED:
            _download(client, run.info.run_id, path, scratch)
        _download_model(version, scratch)
        try:
            return Contender.of(Result(scratch, named=False), run.data.params)
        except (AttributeError, DataError, IndexError, KeyError, TypeError, ValueError) as error:
            what = f"{type(error).__name__}: {one_line(str(error).replace(f'{scratch}/', ''), 200)}"
            raise DataError(f"version {version.version} was made by another version of Lockstep ({what})") from error


def _run(client: "MlflowClient", version: "ModelVersion") -> "Run":
    from mlflow.exceptions import MlflowException

    try:
        if version.run_id:
            return client.get_run(version.run_id)
    except MlflowException as error:
        if error.error_code not in GONE:
            raise
    raise DataError(f"the run of version {version.version} is gone from MLflow")  # it was deleted for good


def _download(client: "MlflowClient", run_id: str, path: Path, root: Path) -> None:
    """Fetch an output of the champion's run to where the outputs have it."""
    name = path.as_posix()
    if name not in {file.path for file in client.list_artifacts(run_id, path.parent.as_posix())}:
        raise DataError(f"the champion's {name} is gone from MLflow")
    _place(client.download_artifacts(run_id, name, str(_new_folder(root, path))), root / path)


def _download_model(version: "ModelVersion", root: Path) -> None:
    """Fetch the files of a version's model to where the outputs have them.

    Raises:
        DataError: if the model is gone, wholly or in part.
    """
    import mlflow
    from mlflow.exceptions import MlflowException

    uri, folder = f"models:/{version.name}/{version.version}/{FILES}", _new_folder(root, paths.MODEL)
    try:
        # A server words a missing file as trouble of its own, so a look comes first.
        present = mlflow.artifacts.list_artifacts(artifact_uri=uri)
    except MlflowException as error:
        if error.error_code not in GONE:
            raise
        present = []
    if not present:
        raise DataError(f"the model of version {version.version} is gone from MLflow")
    _place(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)), root / paths.MODEL)
    if lost := missing_files(root / paths.MODEL):
        raise DataError(f"{lost[0]} of the model of version {version.version} is gone from MLflow")


def _new_folder(root: Path, path: Path) -> Path:
    """A folder for one download: MLflow chooses the place in it."""
    folder = root / "downloads" / path
    folder.mkdir(parents=True)
    return folder


def _place(there: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    Path(there).rename(target)
