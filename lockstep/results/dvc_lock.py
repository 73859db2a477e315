"""dvc.lock: the inputs and outputs of every stage, and whether settings and outputs still match it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from lockstep.errors import DataError
from lockstep.guards.text.yaml_file import read_yaml

LOCK = Path("dvc.lock")
PIPELINE = Path("dvc.yaml")


@dataclass(frozen=True)
class DvcLock:
    """The content of dvc.lock.

    Attributes:
        stages: The entry of each stage, in the order of the file.
    """

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def find(cls, root: Path) -> Self | None:
        """Read the dvc.lock of a folder; None if it has none, or one without stages."""
        content = read_yaml(root / LOCK, LOCK) if (root / LOCK).exists() else None
        stages = content.get("stages") if isinstance(content, dict) else None
        return cls(stages) if isinstance(stages, dict) else None

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the dvc.lock of a folder.

        Raises:
            DataError: if it has none, or one without stages.
            ConfigError: if it is not YAML.
        """
        if (lock := cls.find(root)) is None:
            what = "has no stages" if (root / LOCK).exists() else "no such file"
            raise DataError(f"{LOCK}: {what}; run `dvc repro` first")
        return lock

    @cached_property
    def outs(self) -> dict[str, dict[str, str]]:
        """md5 of every output, by stage and path."""
        return {name: _hashes(stage, "outs") for name, stage in self.stages.items()}

    @cached_property
    def deps(self) -> dict[str, dict[str, str]]:
        """md5 of every input, by stage and path."""
        return {name: _hashes(stage, "deps") for name, stage in self.stages.items()}

    @cached_property
    def hashes(self) -> dict[str, str]:
        """md5 of every output, by path."""
        return {path: md5 for outs in self.outs.values() for path, md5 in outs.items()}

    @cached_property
    def producers(self) -> dict[str, str]:
        """The stage of each output, by path."""
        return {path: stage for stage, outs in self.outs.items() for path in outs}

    def stale_inputs(self) -> Iterator[tuple[str, str]]:
        """Pairs of a stage and an input that an earlier stage has rewritten since the stage ran."""
        for stage, deps in self.deps.items():
            yield from ((stage, path) for path, md5 in deps.items() if self.hashes.get(path, md5) != md5)

    def setting(self, stage: str, file: Path, key: str) -> Any:
        """A setting's value when a stage last ran; None if the stage or the setting is not in dvc.lock."""
        node: Any = self.stages
        for part in (stage, "params", file.as_posix()):
            node = node.get(part) if isinstance(node, dict) else None
        return _at(node, key)

    def digest(self) -> str:
        """sha256 of the stages before evaluate, which has no entry of its own while it runs."""
        stages = {name: stage for name, stage in self.stages.items() if name != "evaluate"}
        return hashlib.sha256(json.dumps(stages, sort_keys=True).encode()).hexdigest()


def refuse_stale(root: Path) -> None:
    """Make sure that settings and outputs match dvc.lock, so that no result is shown that no run has computed.

    Args:
        root: The repository, or a copy of a revision's files.

    Raises:
        DataError: naming the first setting or output that differs, or that later stages have not used yet.
    """
    lock = DvcLock.read(root)
    for stage in lock.stages.values():
        for file, settings in stage.get("params", {}).items():
            current = read_yaml(root / file, Path(file))
            for key, value in settings.items():
                if _at(current, key) != value:
                    raise DataError(f"{file}: {key} was changed since the last run; run `dvc repro` first")
    for _, path in lock.stale_inputs():
        raise DataError(f"{path}: was rewritten, but later stages have not used it yet; run `dvc repro` first")
    for path, md5 in lock.hashes.items():
        file = root / path
        if file.exists() and md5_of(file) != md5:
            raise DataError(f"{path}: differs from dvc.lock; run `dvc repro` first")


def declared_outs(root: Path, stage: str) -> list[Path]:
    """The outputs of a stage in dvc.yaml, or in dvc.lock where there is no dvc.yaml, as in an export."""
    if not (root / PIPELINE).exists():
        return [Path(out["path"]) for out in DvcLock.read(root).stages[stage]["outs"]]
    entry = read_yaml(root / PIPELINE)["stages"][stage]
    entries = [out for kind in ("outs", "metrics", "plots") for out in entry.get(kind, [])]
    return [Path(next(iter(out)) if isinstance(out, Mapping) else out) for out in entries]


def md5_of(path: Path) -> str:
    """DVC's hash of a file, or of a folder: the hash of the list of its files and their hashes."""
    if path.is_file():
        with path.open("rb") as file:
            # DVC's hash, which is no protection.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    entries = [{"md5": md5_of(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    entries.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(entries, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _hashes(stage: Mapping[str, Any], key: str) -> dict[str, str]:
    return {entry["path"]: entry["md5"] for entry in stage.get(key, []) if "md5" in entry}


def _at(node: Any, key: str) -> Any:
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node
