"""dvc.lock: what the outputs were made of, and whether they still are what it says."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lockstep.errors import DataError
from lockstep.guards.text.yaml_file import read_yaml

LOCK = Path("dvc.lock")
PIPELINE = Path("dvc.yaml")


def lock_digest(root: Path) -> str | None:
    """sha256 of what dvc.lock says of the stages before evaluate, whose own entry is not there while it runs."""
    if not (root / LOCK).exists():
        return None
    stages = {name: stage for name, stage in _stages(root).items() if name != "evaluate"}
    return hashlib.sha256(json.dumps(stages, sort_keys=True).encode()).hexdigest()


def refuse_stale(root: Path) -> None:
    """Make sure that settings and outputs still are what dvc.lock says: a result that no run made must not be shown.

    Args:
        root: The repository, or a copy of a revision's files.

    Raises:
        DataError: naming the first setting or output that is another one, or was made anew for no later stage yet.
    """
    if not (root / LOCK).exists():
        raise DataError(f"{LOCK}: no such file; run `dvc repro` first")
    stages = _stages(root)
    for stage in stages.values():
        for file, settings in stage.get("params", {}).items():
            now = read_yaml(root / file)
            for key, made_with in settings.items():
                if _at(now, key) != made_with:
                    raise DataError(f"{file}: {key} was changed since the outputs were made; run `dvc repro` first")
    made = dict(_outputs(stages))
    for stage in stages.values():
        for dep in stage.get("deps", []):
            if dep["path"] in made and dep.get("md5") != made[dep["path"]]:
                raise DataError(
                    f"{dep['path']}: was made again, and what is made from it was not; run `dvc repro` first"
                )
    for path, md5 in made.items():
        there = root / path
        if there.exists() and _md5(there) != md5:
            raise DataError(f"{path}: is not what dvc.lock says was made; run `dvc repro` first")


def outputs(root: Path) -> list[Path]:
    """The outputs that dvc.lock names."""
    return [Path(path) for path, _ in _outputs(_stages(root))]


def declared(root: Path, stage: str) -> list[Path]:
    """The outputs of a stage that dvc.yaml declares, or dvc.lock names where dvc.yaml is not, as in an export."""
    if not (root / PIPELINE).exists():
        return [Path(out["path"]) for out in _stages(root)[stage]["outs"]]
    described = read_yaml(root / PIPELINE)["stages"][stage]
    entries = [each for kind in ("outs", "metrics", "plots") for each in described.get(kind, [])]
    return [Path(next(iter(each)) if isinstance(each, Mapping) else each) for each in entries]


def param_of(root: Path, stage: str, file: Path, key: str) -> Any:
    """The value of a setting when a stage ran last; None where dvc.lock, the stage or the setting is not there."""
    found: Any = read_yaml(root / LOCK) if (root / LOCK).is_file() else None
    for part in ("stages", stage, "params", file.as_posix()):
        found = found.get(part) if isinstance(found, dict) else None
    return _at(found, key)


def _stages(root: Path) -> dict[str, Any]:
    stages = (read_yaml(root / LOCK) or {}).get("stages")
    if not isinstance(stages, dict):
        raise DataError(f"{LOCK}: knows no stages; run `dvc repro` first")
    return stages


def _outputs(stages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for stage in stages.values():
        for out in stage.get("outs", []):
            yield out["path"], out["md5"]


def _md5(path: Path) -> str:
    """The hash that DVC gives a file, or a folder: that of the list of its files and their hashes."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = [{"md5": _md5(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    listed.sort(key=lambda each: each["relpath"])
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _at(node: Any, key: str) -> Any:
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node
