"""dvc.lock as what must come out: whether it belongs to the files beside it, and which outputs did not come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.errors import VerifyError
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.results.dvc_lock import LOCK, PIPELINE, DvcLock

REPRO = "run `dvc repro` first"


@dataclass(frozen=True)
class ChangedOutput:
    """One output that did not come out again; an absent side is None."""

    stage: str
    path: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.stage}: {self.path}: {self.then or 'absent'} in {LOCK}, {self.now or 'absent'} now"


def complete_lock(folder: Path) -> DvcLock:
    """dvc.lock of a project, which must know every stage of dvc.yaml, without stages that dvc.yaml no longer has.

    Raises:
        VerifyError: if it is missing, or lacks a stage.
        ConfigError: if either file is no YAML.
    """
    wanted = set(read_yaml(folder / PIPELINE, PIPELINE).get("stages", {}))
    if not (folder / LOCK).exists():
        raise VerifyError(f"{LOCK}: no such file, so there is nothing to compare with; {REPRO}")
    lock = DvcLock.find(folder) or DvcLock({})
    # One stage of dvc.yaml may stand for several: NAME@ITEM.
    stages = {name: stage for name, stage in lock.stages.items() if name.partition("@")[0] in wanted}
    if missing := wanted - {name.partition("@")[0] for name in stages}:
        raise VerifyError(f"{LOCK}: has no stage {min(missing)!r}; {REPRO}")
    return DvcLock(stages)


def refuse_outdated(lock: DvcLock, status: Mapping[str, Any]) -> None:
    """Make sure that dvc.lock was made with the code, the settings and the commands beside it.

    Args:
        lock: What is to be verified.
        status: What `dvc status --json` says in a copy without outputs.

    Raises:
        VerifyError: naming the first thing that was changed since.
    """
    for stage, path in lock.stale_inputs():
        raise VerifyError(f"{LOCK}: {stage} was run with another {path} than {lock.producers[path]} made last; {REPRO}")
    for stage in (name for name in lock.stages if name in status):
        what = _changed(status[stage], lock)
        if what:
            raise VerifyError(f"{what} was changed since {LOCK} was made (stage {stage}); {REPRO}")


def _changed(changes: list[Any], lock: DvcLock) -> str | None:
    """The first input of a stage that is no other stage's output and not what it was."""
    for change in changes:
        if change == "changed command":
            return f"{PIPELINE}: cmd"
        for path, how in change.get("changed deps", {}).items() if isinstance(change, dict) else ():
            if isinstance(how, dict):
                return f"{path}: {next(iter(how))}"
            if path not in lock.producers:
                return str(path)
    return None


def changed_outputs(then: DvcLock, now: DvcLock, order: list[str]) -> list[ChangedOutput]:
    """Outputs whose hashes differ, by stage in the order in which they ran."""
    found: list[ChangedOutput] = []
    for stage in order:
        before, after = then.outs.get(stage, {}), now.outs.get(stage, {})
        paths = dict.fromkeys([*before, *after])
        pairs = [ChangedOutput(stage, path, before.get(path), after.get(path)) for path in paths]
        found += [pair for pair in pairs if pair.then != pair.now]
    return found
