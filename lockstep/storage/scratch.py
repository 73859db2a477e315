"""Temporary folders; they do not outlive what made them by long, not even a killed one."""

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
# Nobody takes longer from making a folder's lock to holding it.
NEW_SECONDS = 60.0


@contextlib.contextmanager
def scratch_folder(purpose: str = "tune", where: Path | None = None) -> Iterator[Path]:
    """A new folder, by default below the directory for temporary files, removed at the end.

    A killed process cannot remove its own; so each new one removes those whose owner no longer lives.

    Args:
        purpose: For the person who finds one.
        where: The folder it is made in.
    """
    for folder in abandoned_folders(where):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-", dir=where, ignore_cleanup_errors=True) as name:
        own = Path(name)
        with held(own / NEW):
            # Seen by others only once it is held.
            (own / NEW).rename(own / LOCK)
            inside = own / "files"
            inside.mkdir()
            yield inside


def abandoned_folders(where: Path | None = None) -> Iterator[Path]:
    """Folders whose owner no longer lives; while one is handled nobody else takes it for abandoned."""
    parent = where or Path(tempfile.gettempdir())
    for lock in sorted([*parent.glob(f"{PREFIX}*/{LOCK}"), *parent.glob(f"{PREFIX}*/{NEW}")]):
        # One that another process is just removing.
        with contextlib.suppress(OSError):
            made = lock.lstat()
            if made.st_uid != os.geteuid() or (lock.name == NEW and time.time() - made.st_mtime < NEW_SECONDS):
                continue
            with held(lock, wait=False, create=False) as ownerless:
                if ownerless:
                    yield lock.parent
