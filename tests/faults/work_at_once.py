"""What tests.faults.at_once does in many processes at one moment; what it needs is imported once, before the fork."""

import io
import os
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

# MLflow imports these when a store is opened: each process would do it again.
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import optuna.storages  # noqa: F401

from lockstep.cli import main
from lockstep.project.paths import EVALUATIONS, PREDICTIONS, STUDY, local_state
from lockstep.search.evaluation_log import EvaluationLog, NoLog
from lockstep.search.ordered import search
from lockstep.search.study_file import StudyFile
from lockstep.storage.tables import read_table, write_table
from lockstep.tracking import live
from lockstep.tracking.live import LiveTrials, runs_of
from lockstep.tracking.live_file import LiveFile
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.repository import head
from lockstep.tracking.run_content import complete_result
from lockstep.tracking.store import existing_store, open_store
from lockstep.workers.trial import Evaluation, FoldTask
from tests.unit.searching import FOLDS, PRUNERS, SPACE, SUMMARIES, AtOnce, plan_of, score_of, stand_in


def _in(folder: str | Path) -> None:
    """Work in a clone of its own, as on a machine of its own: nothing is shared but what the environment names."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    os.environ["DVC_ROOT"] = str(folder)


def _on_another_machine(temporary: Path) -> None:
    """With a folder for temporary files of its own: the locks that the others hold in theirs are out of sight."""
    temporary.mkdir(parents=True)
    tempfile.tempdir = str(temporary)


def set_up_store(number: int, folder: str, clones: str) -> str | None:
    """Open a store that is not there yet, in one repository or in many, and make a run; every third only looks."""
    _in(Path(folder) / (f"clone{number}" if clones == "clones" else "clone"))
    found = existing_store("table") if number % 3 == 2 else open_store("table")
    if found is None:
        return None
    client, experiment_id = found
    run = client.create_run(experiment_id, tags={"number": str(number)})
    client.log_param(run.info.run_id, "number", number)
    client.set_terminated(run.info.run_id)
    return experiment_id


def share_state(number: int, folder: str, entries: str, trials: str) -> tuple[str, int, int]:
    """Searches with one `.lockstep/`: the token of one study's run, the evaluation log, and the file of all studies.

    Returns the token, and how many evaluations were new and known.
    """
    _in(folder)
    token = _share_token(number)
    fitted, found = _share_log(number, int(entries))
    _keep_study(number, int(trials))
    return token, fitted, found


def _share_log(number: int, entries: int) -> tuple[int, int]:
    """Two thirds of the entries are everybody's, the others one's own; each is found again as it was."""
    with EvaluationLog(local_state() / EVALUATIONS) as log:
        for entry in range(entries):
            key = f"{entry}" if entry % 3 else f"{entry} of {number}"
            if log.find(key) is None:
                log.remember(key, Evaluation(score_of(entry / 7), "", 0.0, 0.0))
            known = log.find(key)
            assert known is not None, key
            assert known.score == score_of(entry / 7), key
        return log.n_fitted, log.n_reused


def _keep_study(number: int, trials: int) -> None:
    plan, said = plan_of(PRUNERS[1], trials), io.StringIO()
    with (
        redirect_stderr(said),
        StudyFile(local_state() / STUDY, f"study {number}", plan.space.distributions(), {}) as file,
    ):
        search(plan, SUMMARIES, stand_in, AtOnce(), NoLog(), (file,))
    assert said.getvalue() == ""


def _share_token(number: int) -> str:
    file = LiveFile("study")
    for turn in range(40):
        token = file.begin("table")
        file.warned(f"store {number}")
        file.take_warning(f"store {number}")
        assert file.begin("table") == token, turn
    return token


def tune_and_sync(number: int, folder: str, trials: str) -> str:
    """Three processes sync, and two run one and the same search, which MLflow shows; what they say."""
    os.chdir(folder)
    if number < 3:
        said = _command("sync")
        _command("sync", "--check")
        return said
    live.PATIENCE_SECONDS, live.BATCH_SECONDS, live.RETRY_SECONDS = 0.0, 0.02, 0.1
    plan = plan_of(PRUNERS[1], int(trials))
    as_runs = partial(runs_of, space=SPACE, n_folds=FOLDS, fitting=plan.fitting)
    with redirect_stderr(io.StringIO()) as warned, LiveTrials("friedman", "study", as_runs) as shown:
        search(plan, SUMMARIES, _slow, AtOnce(), NoLog(), (shown,))
        _wait_until_shown(int(trials))
    return warned.getvalue()


def _wait_until_shown(trials: int) -> None:
    """Until MLflow has every trial of the search, whichever process shows them."""
    client, experiment_id = open_store("friedman")
    while True:
        runs = client.search_runs([experiment_id], max_results=1000)
        searches = {run.info.run_id for run in runs if "lockstep.live" in run.data.tags}
        ended = [run for run in runs if run.info.status != "RUNNING"]
        if sum(run.data.tags.get("mlflow.parentRunId") in searches for run in ended) >= trials:
            return
        time.sleep(0.1)


def _slow(task: FoldTask) -> Evaluation:
    time.sleep(0.02)
    return stand_in(task)


def _command(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        assert main(arguments) == 0, out.getvalue()
    return out.getvalue()


def show_results(number: int, folder: str, machines: str) -> str:
    """What evaluate does, in a clone of its own; two clones each have one and the same result."""
    if machines == "machines":
        _on_another_machine(Path(folder) / f"tmp{number}")
    clone = Path(folder) / f"clone{number}"
    _in(clone)
    make_another_result(number // 2)
    return publish(complete_result(), Provenance.of(Path(), head(), None, workspace=True)).run_id


def make_another_result(number: int) -> None:
    """Other settings, and predictions that are better the higher the number is."""
    settings = Path("params.yaml")
    settings.write_text(settings.read_text().replace("min_test_r2: 0.0", f"min_test_r2: 0.0{number + 1}"))
    said = read_table(PREDICTIONS)
    said["predicted"] += (said["actual"] - said["predicted"]) * (1 - 0.5 ** (number + 1))
    write_table(said, PREDICTIONS)
