"""Caches of searches and leftovers of killed processes: list them and remove them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lockstep.errors import CacheError, system_reason
from lockstep.project import paths
from lockstep.results.result import byte_size
from lockstep.search.evaluation_log import IN_USE
from lockstep.storage.locks import held
from lockstep.storage.scratch import abandoned_folders
from lockstep.storage.tables import abandoned_parts

EVALUATIONS = "scores of fitted folds: a longer or interrupted search would fit them again"
STUDY = "studies as optuna-dashboard shows them"
FLAML = "the environment of `make bench`"
DAMAGED = "a damaged log that was set aside"
CUT_OFF = "a file that was cut off while it was written"
ABANDONED = "left by a process that was killed"
# One per search or folder; the other locks are few.
TEMPORARY_LOCKS = ("[0-9a-f]" * 64, f"live-{'[0-9a-f]' * 64}", "export-*")
DVC_CACHE, MLFLOW = Path(".dvc/cache"), Path("mlruns")


@dataclass(frozen=True)
class CacheEntry:
    """A file or folder whose removal costs nothing but time.

    Attributes:
        path: Where it is.
        what: Description.
    """

    path: Path
    what: str

    @property
    def bytes(self) -> int:
        """Its size, including a database's journal."""
        return size_of(self.path) + size_of(self._journal)

    def row(self) -> tuple[str, str, str]:
        """Path, size and description."""
        used = date.fromtimestamp(self.path.lstat().st_mtime).isoformat()
        return _label(self.path), byte_size(self.bytes), f"last used {used}; {self.what}"

    def remove(self) -> None:
        """Remove it.

        Raises:
            OSError: if this user has no permission.
        """
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
            return
        self.path.unlink(missing_ok=True)
        # Left by a killed writer; useless alone.
        self._journal.unlink(missing_ok=True)

    @property
    def _journal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-journal")


def clean(*, dry_run: bool = False, leftovers: bool = False) -> str:
    """Remove the caches; DVC's cache and MLflow's store are only listed.

    Args:
        dry_run: Only list them.
        leftovers: Remove only what no search will use again.

    Returns:
        A summary line, then a line per entry.

    Raises:
        CacheError: if a search uses them, or this user has no permission.
    """
    state = paths.local_state()
    with ExitStack() as stack:
        if state.is_dir() and not dry_run:
            _lock_out_searches(stack, state / IN_USE)
        entries = [*([] if leftovers else _reusable(state)), *_leftovers(state)]
        rows, total = list[tuple[str, str, str]](), sum(entry.bytes for entry in entries)
        for entry in entries:
            with suppress(FileNotFoundError):  # its owner has just removed it
                rows.append(entry.row())
        if not entries:
            summary = "there is nothing to clean"
        elif dry_run:
            summary = f"{byte_size(total)} can be freed, nothing was removed"
        else:
            _remove(entries)
            summary = f"{byte_size(total)} freed"
        if state.is_dir() and not dry_run:
            _remove_locks(state)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"  {place:{widths[0]}}  {size:>{widths[1]}}  {what}" for place, size, what in rows]
    return "\n".join([f"lockstep: {summary}", *lines, *(f"  kept: {line}" for line in _kept_caches())])


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


def _reusable(state: Path) -> Iterator[CacheEntry]:
    for name, what in ((paths.EVALUATIONS, EVALUATIONS), (paths.STUDY, STUDY), (Path("flaml"), FLAML)):
        if os.path.lexists(state / name):
            yield CacheEntry(state / name, what)


def _leftovers(state: Path) -> Iterator[CacheEntry]:
    damaged = state / paths.EVALUATIONS.with_suffix(".damaged")
    if damaged.exists():
        yield CacheEntry(damaged, DAMAGED)
    for path in sorted([*abandoned_parts(state), *abandoned_parts(state / "live")]):
        yield CacheEntry(path, CUT_OFF)
    for where in (None, state):
        for folder in abandoned_folders(where):
            yield CacheEntry(folder, ABANDONED)


def _lock_out_searches(stack: ExitStack, lock: Path) -> None:
    """Keep searches from starting; a folder that no search has used has no lock, and may be another user's."""
    try:
        free = stack.enter_context(held(lock, wait=False))
    except OSError as error:
        raise CacheError(f"{_label(lock)}: {system_reason(error)}; run this as the user who owns it") from None
    if not free:
        raise CacheError(
            f"{_label(paths.local_state())}: a search uses it; run this again when it has ended, or use --dry-run"
        )


def _remove(entries: list[CacheEntry]) -> None:
    errors = list[OSError]()
    for entry in entries:
        try:
            with suppress(FileNotFoundError):
                entry.remove()
        except OSError as error:
            errors.append(error)
    if errors:
        where = f"{_label(Path(str(errors[0].filename)))}: {system_reason(errors[0])}"
        raise CacheError(
            f"{where}; {len(entries) - len(errors)} of {len(entries)} removed; run this as the user who owns it"
        )


def _remove_locks(state: Path) -> None:
    for name in TEMPORARY_LOCKS:
        for lock in state.glob(f"locks/{name}"):
            # Another user's, or just being deleted.
            with suppress(OSError), held(lock, wait=False, passing=True):
                pass


def _kept_caches() -> Iterator[str]:
    root = paths.project_root()
    if (root / DVC_CACHE).is_dir():
        size = byte_size(size_of(root / DVC_CACHE))
        gc = "dvc gc --workspace --all-commits --all-experiments"
        yield f"{DVC_CACHE}, {size}: DVC's; `{gc}` removes what no commit or experiment refers to"
    if (root / MLFLOW).is_dir():
        size = byte_size(size_of(root / MLFLOW))
        yield f"{MLFLOW}, {size}: MLflow's runs; docs/tracking.md says how to recreate them"
    for folder in sorted(Path(tempfile.gettempdir()).glob("lockstep-verify-*")):
        yield f"{folder}, {byte_size(size_of(folder))}: a copy of `lockstep verify`; delete it once it is of no use"


def _label(path: Path) -> str:
    root = paths.project_root()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
