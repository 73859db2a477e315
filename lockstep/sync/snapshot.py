"""A snapshot of the workspace, which a concurrent `dvc repro` does not change."""

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
    """A folder with the working directory's files under their names; removed at the end.

    Outputs are linked, not copied: DVC and the stages never write into an output, they replace it by a new file.

    Args:
        files: Files and folders that people edit, which are copied.
        outputs: Files and folders that only stages write, which are linked.
    """
    with scratch_folder("result", _writable_state()) as folder:
        for file in files:
            _transfer(file, folder, _copy)
        for output in outputs:
            _transfer(output, folder, _link)
        yield folder


def running_dvc_command() -> str | None:
    """The DVC command that is writing an output and its process, from DVC's lock file; None if there is none."""
    try:
        writers = read_json(project_root() / RWLOCK)["write"].values()
        processes = [(str(writer["cmd"]), int(writer["pid"])) for writer in writers]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    for command, process in processes:
        if Path(f"/proc/{process}").exists():
            return f"`dvc {command.partition('dvc ')[2] or command}` (process {process})"
    return None


def _writable_state() -> Path | None:
    """The folder .lockstep, on the same disk as the outputs; None if it is not writable."""
    with suppress(OSError):
        local_state().mkdir(parents=True, exist_ok=True)
    return local_state() if os.access(local_state(), os.W_OK) else None


def _transfer(path: Path, folder: Path, copy: Callable[[Path, Path], None]) -> None:
    for file in _files(path):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # a running stage removes its outputs
            copy(file, folder / file)


def _files(path: Path) -> list[Path]:
    """The files below a path, or the file itself, without files that are being written and bytecode."""
    if path.is_file():
        return [path]
    # Unlike rglob, this ignores a folder that a stage removes meanwhile.
    files = [Path(parent) / name for parent, _, names in os.walk(path) for name in names]
    return sorted(file for file in files if not any(part.startswith((".", "__pycache__")) for part in file.parts))


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        # DVC may keep a link into its cache: link the file behind it, which `dvc gc` then cannot remove
        os.link(os.path.realpath(source), target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or another owner
        _copy(source, target)
