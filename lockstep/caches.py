"""What searches keep for later ones, and what killed processes have left: found, shown and removed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lockstep.errors import CacheError
from lockstep.project import paths
from lockstep.results.result import byte_size
from lockstep.search.evaluation_log import IN_USE
from lockstep.storage.locks import held
from lockstep.storage.scratch import abandoned_folders
from lockstep.storage.tables import abandoned_parts

EVALUATIONS = "folds that searches have fitted: a longer or interrupted one would fit them again"
STUDY = "studies as optuna-dashboard shows them"
FLAML = "the environment of `make bench`"
DAMAGED = "a damaged log that was set aside"
CUT_OFF = "a file that was cut off while it was written"
ABANDONED = "left by a process that was killed"
# Each belongs to one search or one folder; the other locks are few.
PASSING_LOCKS = ("[0-9a-f]" * 64, f"live-{'[0-9a-f]' * 64}", "export-*")
DVC_CACHE, MLFLOW = Path(".dvc/cache"), Path("mlruns")


@dataclass(frozen=True)
class CacheEntry:
    """A file or folder that can be removed and then costs nothing but time.

    Attributes:
        path: Where it is.
        what: In words.
    """

    path: Path
    what: str

    @property
    def bytes(self) -> int:
        """Its size, that of a database's journal included."""
        return size_of(self.path) + size_of(self._journal)

    def shown(self) -> tuple[str, str, str]:
        """Place, size and what else is to be known."""
        used = date.fromtimestamp(self.path.lstat().st_mtime).isoformat()
        return _shown(self.path), byte_size(self.bytes), f"last used {used}; {self.what}"

    def remove(self) -> None:
        """Remove it.

        Raises:
            OSError: if this user may not.
        """
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
            return
        self.path.unlink(missing_ok=True)
        # A killed writer's; it is of no use alone.
        self._journal.unlink(missing_ok=True)

    @property
    def _journal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-journal")


def clean(*, dry_run: bool = False, leftovers: bool = False) -> str:
    """Remove the caches; what DVC and MLflow keep is named only.

    Args:
        dry_run: Only show them.
        leftovers: Only what no search will use again.

    Returns:
        A line that sums up, then a line for each.

    Raises:
        CacheError: if a search uses them, or this user may not remove them.
    """
    state = paths.local_state()
    with ExitStack() as stack:
        if state.is_dir() and not dry_run:
            _take(stack, state / IN_USE)
        found = [*([] if leftovers else _useful(state)), *_left_over(state)]
        rows, total = list[tuple[str, str, str]](), sum(each.bytes for each in found)
        for each in found:
            with suppress(FileNotFoundError):  # its owner has just come back
                rows.append(each.shown())
        if not found:
            head = "there is nothing to clean"
        elif dry_run:
            head = f"{byte_size(total)} can be freed, nothing was removed"
        else:
            _remove(found)
            head = f"{byte_size(total)} freed"
        if state.is_dir() and not dry_run:
            _remove_locks(state)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"  {place:{widths[0]}}  {size:>{widths[1]}}  {what}" for place, size, what in rows]
    return "\n".join([f"lockstep: {head}", *lines, *(f"  kept: {line}" for line in _kept())])


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where there is none."""
    size = 0
    with suppress(FileNotFoundError):
        size = path.lstat().st_size if path.is_symlink() or not path.is_dir() else 0
    for parent, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                size += (Path(parent) / name).lstat().st_size
    return size


def _useful(state: Path) -> Iterator[CacheEntry]:
    for name, what in ((paths.EVALUATIONS, EVALUATIONS), (paths.STUDY, STUDY), (Path("flaml"), FLAML)):
        if os.path.lexists(state / name):
            yield CacheEntry(state / name, what)


def _left_over(state: Path) -> Iterator[CacheEntry]:
    damaged = state / paths.EVALUATIONS.with_suffix(".damaged")
    if damaged.exists():
        yield CacheEntry(damaged, DAMAGED)
    for path in sorted([*abandoned_parts(state), *abandoned_parts(state / "live")]):
        yield CacheEntry(path, CUT_OFF)
    for where in (None, state):
        for folder in abandoned_folders(where):
            yield CacheEntry(folder, ABANDONED)


def _take(stack: ExitStack, lock: Path) -> None:
    """Keep searches waiting; a folder that no search has used has no lock, and may be somebody else's."""
    try:
        free = stack.enter_context(held(lock, wait=False))
    except OSError as error:
        raise CacheError(f"{_shown(lock)}: {error.strerror}; run this as the user who owns it") from None
    if not free:
        raise CacheError(
            f"{_shown(paths.local_state())}: a search uses it; run this again when it has ended, or look with --dry-run"
        )


def _remove(found: list[CacheEntry]) -> None:
    refused = list[OSError]()
    for each in found:
        try:
            with suppress(FileNotFoundError):
                each.remove()
        except OSError as error:
            refused.append(error)
    if refused:
        where = f"{_shown(Path(str(refused[0].filename)))}: {refused[0].strerror}"
        raise CacheError(
            f"{where}; {len(found) - len(refused)} of {len(found)} removed; run this as the user who owns it"
        )


def _remove_locks(state: Path) -> None:
    for name in PASSING_LOCKS:
        for lock in state.glob(f"locks/{name}"):
            # Another user's, or just going.
            with suppress(OSError), held(lock, wait=False, passing=True):
                pass


def _kept() -> Iterator[str]:
    root = paths.project_root()
    if (root / DVC_CACHE).is_dir():
        size = byte_size(size_of(root / DVC_CACHE))
        gc = "dvc gc --workspace --all-commits --all-experiments"
        yield f"{DVC_CACHE}, {size}: DVC's; `{gc}` removes what no commit and no experiment names"
    if (root / MLFLOW).is_dir():
        size = byte_size(size_of(root / MLFLOW))
        yield f"{MLFLOW}, {size}: MLflow's runs; docs/tracking.md says how to make them anew"
    for folder in sorted(Path(tempfile.gettempdir()).glob("lockstep-verify-*")):
        yield f"{folder}, {byte_size(size_of(folder))}: a copy of `lockstep verify`; delete it when you have looked"


def _shown(path: Path) -> str:
    root = paths.project_root()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
