"""What searches keep for later ones, and what killed processes have left: found, shown and removed."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lockstep import paths
from lockstep.errors import CacheError
from lockstep.locks import held
from lockstep.report.templates import byte_size
from lockstep.scratch import abandoned
from lockstep.search.evaluation_log import IN_USE

LOCKS = "locks"
DAMAGED = paths.EVALUATIONS.with_suffix(".damaged")
# Locks that belong to no single search or folder stay.
OF_ONE_SEARCH = ("[0-9a-f]" * 64, "live-*", "export-*")
# What a new file of the state is called until it is whole.
CUT_OFF = (".*.json.*", "live/.*.json.*")
BENCHMARK = Path("flaml")
DVC_CACHE, MLFLOW = Path(".dvc/cache"), Path("mlruns")


@dataclass(frozen=True)
class Cached:
    """Something that can be removed and costs nothing but time.

    Attributes:
        path: A file or folder.
        what: In words.
    """

    path: Path
    what: str

    @property
    def bytes(self) -> int:
        """Its size, that of SQLite's journal included."""
        return size_of(self.path) + size_of(_journal(self.path))

    def __str__(self) -> str:
        root = paths.project_root()
        shown = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        used = date.fromtimestamp(self.path.stat().st_mtime).isoformat()
        return f"{shown}  {byte_size(self.bytes)}  last used {used}  {self.what}"

    def remove(self) -> None:
        """Remove it.

        Raises:
            OSError: if it is not this user's.
        """
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)
            # On its own it would be played back into the next file.
            _journal(self.path).unlink(missing_ok=True)


def clean(*, dry_run: bool, leftovers: bool) -> str:
    """Remove the caches.

    Args:
        dry_run: Only show them.
        leftovers: Only what no search will use again.

    Raises:
        CacheError: if a search uses them, or something is not this user's.
    """
    state = paths.local_state()
    with ExitStack() as stack:
        if state.exists() and not dry_run:
            _take(stack, state / IN_USE)
        found = [*([] if leftovers else kept_for_later(state)), *left_over(state)]
        lines = [f"  {each}" for each in found] + [f"  {line}" for line in others()]
        total = sum(each.bytes for each in found)
        if not found:
            head = f"there is nothing to clean in {paths.local_state().name}"
        elif dry_run:
            head = f"{byte_size(total)} can be freed; nothing was removed (--dry-run)"
        else:
            _remove_all(found, total)
            head = f"{byte_size(total)} freed"
    return "\n".join([f"lockstep: {head}", *lines])
