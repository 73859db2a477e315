"""dvc.lock as the expected result: whether it matches the files beside it, and which outputs differ from it."""

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
    """One output that was not reproduced; an absent side is None."""

    stage: str
    path: str
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        return f"{self.stage}: {self.path}: {self.expected or 'absent'} in {LOCK}, {self.actual or 'absent'} now"


def complete_lock(folder: Path) -> DvcLock:
    """dvc.lock of a project, which must contain every stage of dvc.yaml, without stages that dvc.yaml no longer has.

    Raises:
        VerifyError: if it is missing, or lacks a stage.
        ConfigError: if either file is not YAML.
    """
    expected = set(read_yaml(folder / PIPELINE, PIPELINE).get("stages", {}))
    if not (folder / LOCK).exists():
        raise VerifyError(f"{LOCK}: no such file, so there is nothing to compare with; {REPRO}")
    lock = DvcLock.find(folder) or DvcLock({})
    # A stage of dvc.yaml may expand to several: NAME@ITEM.
    stages = {name: stage for name, stage in lock.stages.items() if name.partition("@")[0] in expected}
    if missing := expected - {name.partition("@")[0] for name in stages}:
        raise VerifyError(f"{LOCK}: has no stage {min(missing)!r}; {REPRO}")
    return DvcLock(stages)


def refuse_outdated(lock: DvcLock, status: Mapping[str, Any]) -> None:
    """Make sure that dvc.lock was written with the present code, settings and commands.

    Args:
        lock: The dvc.lock to verify.
        status: The output of `dvc status --json` in a copy without outputs.

    Raises:
        VerifyError: naming the first input that was changed since.
    """
    for stage, path in lock.stale_inputs():
        raise VerifyError(f"{LOCK}: {stage} was run before {lock.producers[path]} rewrote {path}; {REPRO}")
    for stage in (name for name in lock.stages if name in status):
        changed = _changed(status[stage], lock)
        if changed:
            raise VerifyError(f"{changed} was changed since {LOCK} was written (stage {stage}); {REPRO}")


def _changed(changes: list[Any], lock: DvcLock) -> str | None:
    """The first changed input of a stage that is not another stage's output."""
    for change in changes:
        if change == "changed command":
            return f"{PIPELINE}: cmd"
        for path, change_kind in change.get("changed deps", {}).items() if isinstance(change, dict) else ():
            if isinstance(change_kind, dict):
                return f"{path}: {next(iter(change_kind))}"
            if path not in lock.producers:
                return str(path)
    return None


def changed_outputs(expected: DvcLock, actual: DvcLock, order: list[str]) -> list[ChangedOutput]:
    """Outputs whose hashes differ, by stage in the order in which they ran."""
    changed: list[ChangedOutput] = []
    for stage in order:
        before, after = expected.outs.get(stage, {}), actual.outs.get(stage, {})
        paths = dict.fromkeys([*before, *after])
        pairs = [ChangedOutput(stage, path, before.get(path), after.get(path)) for path in paths]
        changed += [pair for pair in pairs if pair.expected != pair.actual]
    return changed
