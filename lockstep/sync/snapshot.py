"""The workspace as it stands at one moment: a `dvc repro` that runs meanwhile changes nothing of it."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lockstep.project.paths import local_state, project_root
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import read_json

RWLOCK = Path(".dvc/tmp/rwlock")


@contextmanager
def snapshot(files: Iterable[Path], outputs: Iterable[Path]) -> Iterator[Path]:
    """A folder that holds the working directory's files under their names; removed at the end.

    Outputs are linked, not copied: whoever makes one anew, DVC and our stages, puts a new file in its place.

    Args:
        files: Files and folders that people edit: copied.
        outputs: Files and folders that only stages write.
    """
    with scratch_folder("result", _same_disk()) as folder:
        for file in files:
            _take(file, folder, _copied)
        for output in outputs:
            _take(output, folder, _linked)
        yield folder


def running_dvc_command() -> str | None:
    """The DVC command that makes an output now, and its process, as DVC notes them; None if there is none."""
    try:
        writers = read_json(project_root() / RWLOCK)["write"].values()
        found = [(str(each["cmd"]), int(each["pid"])) for each in writers]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    for command, process in found:
        if Path(f"/proc/{process}").exists():
            return f"`dvc {command.partition('dvc ')[2] or command}` (process {process})"
    return None


def _same_disk() -> Path | None:
    """Where links can be made, unless nothing may be written there."""
    with suppress(OSError):
        local_state().mkdir(parents=True, exist_ok=True)
    return local_state() if os.access(local_state(), os.W_OK) else None


def _take(path: Path, folder: Path, take: Callable[[Path, Path], None]) -> None:
    for file in _files(path):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # a stage that runs removes its outputs
            take(file, folder / file)


def _files(path: Path) -> list[Path]:
    """The files below a path, or the file itself, but for those that are being written and for bytecode."""
    if path.is_file():
        return [path]
    # Unlike rglob, this passes over a folder that a stage removes meanwhile.
    found = [Path(parent) / name for parent, _, names in os.walk(path) for name in names]
    return sorted(each for each in found if not any(part.startswith((".", "__pycache__")) for part in each.parts))


def _copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _linked(source: Path, target: Path) -> None:
    try:
        # DVC may keep a link into its cache: the file behind it, which `dvc gc` cannot take away
        os.link(os.path.realpath(source), target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or another owner
        _copied(source, target)
