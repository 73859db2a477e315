"""dvc.lock: what every stage was run with and made, and whether settings and outputs still are that."""

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
    """What dvc.lock says.

    Attributes:
        stages: The entry of each stage, in the order of the file.
    """

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def find(cls, root: Path) -> Self | None:
        """That of a folder; None if it has none, or one without stages."""
        content = read_yaml(root / LOCK, LOCK) if (root / LOCK).exists() else None
        stages = content.get("stages") if isinstance(content, dict) else None
        return cls(stages) if isinstance(stages, dict) else None

    @classmethod
    def read(cls, root: Path) -> Self:
        """That of a folder.

        Raises:
            DataError: if it has none, or one without stages.
            ConfigError: if it is no YAML.
        """
        if (lock := cls.find(root)) is None:
            what = "knows no stages" if (root / LOCK).exists() else "no such file"
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
        """The stage behind each output."""
        return {path: stage for stage, outs in self.outs.items() for path in outs}

    def stale_inputs(self) -> Iterator[tuple[str, str]]:
        """Stages that were run with another output of an earlier stage than was made last, and that output."""
        for stage, deps in self.deps.items():
            yield from ((stage, path) for path, md5 in deps.items() if self.hashes.get(path, md5) != md5)

    def setting(self, stage: str, file: Path, key: str) -> Any:
        """A setting's value when a stage ran last; None where the stage or the setting is not there."""
        found: Any = self.stages
        for part in (stage, "params", file.as_posix()):
            found = found.get(part) if isinstance(found, dict) else None
        return _at(found, key)

    def digest(self) -> str:
        """sha256 of the stages before evaluate, whose own entry is not there while it runs."""
        stages = {name: stage for name, stage in self.stages.items() if name != "evaluate"}
        return hashlib.sha256(json.dumps(stages, sort_keys=True).encode()).hexdigest()


def refuse_stale(root: Path) -> None:
    """Make sure that settings and outputs still are what dvc.lock says: a result that no run made must not be shown.

    Args:
        root: The repository, or a copy of a revision's files.

    Raises:
        DataError: naming the first setting or output that is another one, or was made anew for no later stage yet.
    """
    lock = DvcLock.read(root)
    for stage in lock.stages.values():
        for file, settings in stage.get("params", {}).items():
            now = read_yaml(root / file, Path(file))
            for key, value in settings.items():
                if _at(now, key) != value:
                    raise DataError(f"{file}: {key} was changed since the outputs were made; run `dvc repro` first")
    for _, path in lock.stale_inputs():
        raise DataError(f"{path}: was made again, and what is made from it was not; run `dvc repro` first")
    for path, md5 in lock.hashes.items():
        there = root / path
        if there.exists() and md5_of(there) != md5:
            raise DataError(f"{path}: is not what dvc.lock says was made; run `dvc repro` first")


def declared_outs(root: Path, stage: str) -> list[Path]:
    """The outputs of a stage that dvc.yaml declares, or dvc.lock names where dvc.yaml is not, as in an export."""
    if not (root / PIPELINE).exists():
        return [Path(out["path"]) for out in DvcLock.read(root).stages[stage]["outs"]]
    described = read_yaml(root / PIPELINE)["stages"][stage]
    entries = [each for kind in ("outs", "metrics", "plots") for each in described.get(kind, [])]
    return [Path(next(iter(each)) if isinstance(each, Mapping) else each) for each in entries]


def md5_of(path: Path) -> str:
    """The hash that DVC gives a file, or a folder: that of the list of its files and their hashes."""
    if path.is_file():
        with path.open("rb") as file:
            # What DVC uses; a name, not a protection.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = [{"md5": md5_of(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    listed.sort(key=lambda each: each["relpath"])
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _hashes(stage: Mapping[str, Any], key: str) -> dict[str, str]:
    return {entry["path"]: entry["md5"] for entry in stage.get(key, []) if "md5" in entry}


def _at(node: Any, key: str) -> Any:
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node
