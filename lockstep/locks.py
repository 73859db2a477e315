"""Lock files: what two processes of one repository must not do at the same time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self


@contextmanager
def held(path: Path, *, wait: bool = True, passing: bool = False) -> Iterator[bool]:
    """Hold a lock file, made if absent; the system frees it when its holder ends, however it ends.

    Args:
        path: The file.
        wait: Wait while another process holds it.
        passing: Remove the file in the end: its name belongs to one search or folder, of which there may be many.

    Yields:
        Whether the lock is held; always true when waiting.
    """
    handle = None
    with suppress(BlockingIOError):
        handle = _locked(path, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    try:
        yield handle is not None
    finally:
        if handle is not None:
            # While it is held: whoever waits for it, or opened it just now, looks again.
            if passing and _is_at(path, handle):
                path.unlink()
            os.close(handle)


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


def _locked(path: Path, how: int) -> int:
    """A handle of the locked file.

    Raises:
        BlockingIOError: if another process has it and `how` does not wait.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, how)
            if _is_at(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        # Its last holder has removed it meanwhile.
        os.close(handle)


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
