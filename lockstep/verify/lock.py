"""dvc.lock: what came out of every stage, and whether the lock belongs to the files beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.errors import VerifyError
from lockstep.guards.text.yaml_file import read_yaml

LOCK = "dvc.lock"
REPRO = "run `dvc repro` first"


@dataclass(frozen=True)
class Lock:
    """md5 of every output and every input, by stage and path, in the order of the file."""

    outs: Mapping[str, Mapping[str, str]]
    deps: Mapping[str, Mapping[str, str]]

    @property
    def made_by(self) -> dict[str, str]:
        """The stage behind each output."""
        return {path: stage for stage, outs in self.outs.items() for path in outs}

    def out(self, path: str) -> str | None:
        """md5 of one output, if it is there."""
        return next((outs[path] for outs in self.outs.values() if path in outs), None)


@dataclass(frozen=True)
class Difference:
    """One output that did not come out again; an absent side is None."""

    stage: str
    path: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.stage}: {self.path}: {self.then or 'absent'} in dvc.lock, {self.now or 'absent'} now"


def read_lock(folder: Path) -> Lock:
    """dvc.lock of a project, which must know every stage of dvc.yaml.

    Raises:
        VerifyError: if it is missing, or lacks a stage.
        ConfigError: if either file is no YAML.
    """
    pipeline = read_yaml(folder / "dvc.yaml", Path("dvc.yaml"))
    if not (folder / LOCK).exists():
        raise VerifyError(f"{LOCK}: no such file, so there is nothing to compare with; {REPRO}")
    stages = (read_yaml(folder / LOCK, Path(LOCK)) or {}).get("stages") or {}
    # One stage of dvc.yaml may stand for several: NAME@ITEM. Of a stage that is gone, dvc.lock may still tell.
    wanted = set(pipeline.get("stages", {}))
    stages = {name: stage for name, stage in stages.items() if name.partition("@")[0] in wanted}
    missing = wanted - {name.partition("@")[0] for name in stages}
    if missing:
        raise VerifyError(f"{LOCK}: has no stage {min(missing)!r}; {REPRO}")
    return Lock(
        outs={name: _hashes(stage, "outs") for name, stage in stages.items()},
        deps={name: _hashes(stage, "deps") for name, stage in stages.items()},
    )


def _hashes(stage: Mapping[str, Any], key: str) -> dict[str, str]:
    return {entry["path"]: entry["md5"] for entry in stage.get(key, []) if "md5" in entry}


def refuse_stale(lock: Lock, status: Mapping[str, Any]) -> None:
    """Make sure that dvc.lock was made with the code, the settings and the commands beside it.

    Args:
        lock: What is to be verified.
        status: What `dvc status --json` says in a copy without outputs.

    Raises:
        VerifyError: naming the first thing that was changed since.
    """
    for stage, deps in lock.deps.items():
        for path, md5 in deps.items():
            made = lock.out(path)
            if made is not None and made != md5:
                maker = lock.made_by[path]
                raise VerifyError(f"{LOCK}: {stage} was run with another {path} than {maker} made last; {REPRO}")
    for stage in (name for name in lock.outs if name in status):
        what = _changed(status[stage], lock)
        if what:
            raise VerifyError(f"{what} was changed since dvc.lock was made (stage {stage}); {REPRO}")


def _changed(changes: list[Any], lock: Lock) -> str | None:
    """The first input of a stage that is no other stage's output and not what it was."""
    for change in changes:
        if change == "changed command":
            return "dvc.yaml: cmd"
        for path, how in change.get("changed deps", {}).items() if isinstance(change, dict) else ():
            if isinstance(how, dict):
                return f"{path}: {next(iter(how))}"
            if path not in lock.made_by:
                return str(path)
    return None


def differences(then: Lock, now: Lock, order: list[str]) -> list[Difference]:
    """Outputs whose hashes differ, by stage in the order in which they ran."""
    found: list[Difference] = []
    for stage in order:
        before, after = then.outs.get(stage, {}), now.outs.get(stage, {})
        paths = dict.fromkeys([*before, *after])
        pairs = [Difference(stage, path, before.get(path), after.get(path)) for path in paths]
        found += [pair for pair in pairs if pair.then != pair.now]
    return found
