"""Lock files: what two processes of one repository must not do at the same time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

# Seconds: far more than anybody needs to write a small file, and between two looks.
PATIENCE, LOOK_SECONDS = 30.0, 0.02


@contextmanager
def held(path: Path, *, wait: bool = True, passing: bool = False, create: bool = True) -> Iterator[bool]:
    """Hold a lock file, made if absent; the system frees it when its holder ends, however it ends.

    Args:
        path: The file.
        wait: Wait while another process holds it.
        passing: Remove the file in the end: its name belongs to one search or folder, of which there may be many.
        create: Make the file if it is absent; otherwise an absent one is not held.

    Yields:
        Whether the lock is held; always true when waiting for a file that may be made.
    """
    handle = None
    with suppress(BlockingIOError, *(() if create else (FileNotFoundError,))):
        handle = _locked(path, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), create=create)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            # While it is held: whoever waits for it, or opened it just now, looks again. Another user's stays.
            with suppress(OSError):
                if passing and is_at(path, handle):
                    path.unlink()
            os.close(handle)


@contextmanager
def soon_held(path: Path) -> Iterator[None]:
    """Hold a lock file that others hold for moments only; one that hangs keeps nobody for longer than PATIENCE.

    Raises:
        TimeoutError: if another process has held it all the while.
    """
    ends = time.monotonic() + PATIENCE
    while True:
        with held(path, wait=False) as free:
            if free:
                yield
                return
        if time.monotonic() > ends:
            raise TimeoutError(f"another process has held its lock for {PATIENCE:g} s")
        time.sleep(LOOK_SECONDS)


class SharedLock:
    """A lock file that any number of processes hold together, while no other has it for itself; waits for that.

    Args:
        path: The file, made if absent.
    """

    def __init__(self, path: Path) -> None:
        self._handle = _locked(path, fcntl.LOCK_SH)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def alone(self) -> bool:
        """Whether nobody else holds it, who then waits until this one goes; if somebody does, it is given up."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _locked(path: Path, how: int, *, create: bool = True) -> int:
    """A handle of the locked file.

    Raises:
        BlockingIOError: if another process has it and `how` does not wait.
        FileNotFoundError: if it is absent and not to be made.
    """
    while True:
        handle = _opened(path, create=create)
        try:
            fcntl.flock(handle, how)
            if is_at(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        # Its last holder has removed it meanwhile.
        os.close(handle)


def _opened(path: Path, *, create: bool) -> int:
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Nobody waits at a pipe that somebody has put there.
    careful = os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, os.O_RDWR | careful | (os.O_CREAT if create else 0), 0o666)
    except PermissionError as refused:
        # Another user's, who shares what is locked; only network disks want the right to write for a lock.
        try:
            return os.open(path, os.O_RDONLY | careful)
        except FileNotFoundError:
            raise refused from None


def is_at(path: Path, handle: int) -> bool:
    """Whether a path still names the file that was opened."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
