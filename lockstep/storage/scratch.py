"""Temporary folders that are removed soon after their process ends, even if it was killed."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lockstep.storage.locks import held

PREFIX = "lockstep-"
LOCK, NEW = "owner.lock", "new.lock"
# No process takes longer to lock the lock file that it has created.
NEW_SECONDS = 60.0


@contextlib.contextmanager
def scratch_folder(purpose: str = "tune", where: Path | None = None) -> Iterator[Path]:
    """A new folder, by default below the directory for temporary files, removed at the end.

    A killed process cannot remove its folder, so each call first removes the folders of processes that no longer run.

    Args:
        purpose: Part of the folder's name.
        where: The folder in which it is created.
    """
    for folder in abandoned_folders(where):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-", dir=where, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with held(folder / NEW):
            # Other processes see the lock only after it is held.
            (folder / NEW).rename(folder / LOCK)
            files = folder / "files"
            files.mkdir()
            yield files


def abandoned_folders(where: Path | None = None) -> Iterator[Path]:
    """Folders of processes that no longer run; each is locked while the caller handles it."""
    parent = where or Path(tempfile.gettempdir())
    for lock in sorted([*parent.glob(f"{PREFIX}*/{LOCK}"), *parent.glob(f"{PREFIX}*/{NEW}")]):
        # Another process may be removing the same folder.
        with contextlib.suppress(OSError):
            status = lock.lstat()
            if status.st_uid != os.geteuid() or (lock.name == NEW and time.time() - status.st_mtime < NEW_SECONDS):
                continue
            with held(lock, wait=False, create=False) as free:
                if free:
                    yield lock.parent
