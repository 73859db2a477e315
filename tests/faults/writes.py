"""The fault-injection layer: every change that a process makes to files is announced, and may be made to fail.

Python's audit events announce what goes through Python; a limit on the size of files (RLIMIT_FSIZE) strikes in the
middle of what libraries write natively, as Arrow does; /dev/full is a disk without space. No compiler, no root.
"""

import errno
import os
import re
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PART = re.compile(r"^\.(.+)\.[a-z0-9_]{8}\.part$")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Event: its name here, and which argument is the folder that paths are relative to.
EVENTS = {
    "os.rename": ("rename", 2),
    "os.remove": ("remove", 1),
    "os.chmod": ("chmod", 2),
    "os.mkdir": ("mkdir", 2),
    "os.rmdir": ("rmdir", 1),
}
KILLS_WITHIN = {"killed half-way": 0.5, "killed at the last byte": 1.0}
FAULTS = {
    "create": ("killed", "ENOSPC", "EACCES"),
    "open": ("killed", "EACCES"),
    "write": ("killed", *KILLS_WITHIN, "cut short", "disk full"),
    "chmod": ("killed", "EPERM"),
    "fsync": ("killed", "EIO"),
    "rename": ("killed", "EACCES", "EIO"),
    "remove": ("killed",),
    "mkdir": ("killed", "ENOSPC"),
    "rmdir": ("killed",),
    "end": ("killed",),
}


@dataclass(frozen=True)
class Change:
    """A change that is about to be made.

    Attributes:
        kind: One of FAULTS.
        path: The file, relative to the folder that is watched; of a temporary file the one it is to replace.
        file: The file itself.
    """

    kind: str
    path: str
    file: Path


class Watch:
    """Calls `visit` before each change that the main thread makes below `root`.

    The change fails with what `visit` raises. For processes made for it: a watch never ends.
    """

    def __init__(self, root: Path, visit: Callable[[Change], None]) -> None:
        self._root, self._visit, self._busy = root.resolve(), visit, False
        sys.addaudithook(self._heard)
        self._announce_what_has_no_event()

    def announce(self, kind: str, path: Any, folder: int = -1, goal: Any = None) -> None:
        """Tell of a change, unless it is another thread's or one that `visit` makes itself."""
        if self._busy or threading.current_thread() is not threading.main_thread():
            return
        file, becomes = _absolute(path, folder), _absolute(path if goal is None else goal, folder)
        if not becomes.is_relative_to(self._root):
            return
        part = PART.match(becomes.name)
        shown = becomes.with_name(part[1]) if part else becomes
        self._busy = True
        try:
            self._visit(Change(kind, shown.relative_to(self._root).as_posix(), file))
        finally:
            self._busy = False

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str | os.PathLike) and args[2] & WRITING:
            self.announce("create" if args[2] & os.O_EXCL else "open", args[0])
        elif event in EVENTS:
            kind, folder = EVENTS[event]
            # pathlib asks for folders that are there already
            if kind != "mkdir" or not os.path.isdir(args[0]):  # noqa: PTH112
                self.announce(kind, args[0], args[folder], goal=args[1] if kind == "rename" else None)

    def _announce_what_has_no_event(self) -> None:
        from lockstep.storage import tables

        new_part, fsync = tables._new_part, os.fsync

        def made(path: Path) -> tuple[int, Path]:
            handle, part = new_part(path)
            self.announce("write", part)
            return handle, part

        def synced(handle: int) -> None:
            name = os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115
            self.announce("fsync", name.removesuffix(" (deleted)"))
            fsync(handle)

        tables._new_part = made
        os.fsync = synced  # type: ignore[assignment]


def _absolute(path: Any, folder: int) -> Path:
    base = Path(f"/proc/self/fd/{folder}" if folder >= 0 else "")
    file = base / os.fsdecode(path)
    return file.parent.resolve() / file.name


def strike(fault: str, change: Change, size: int) -> None:
    """Make a change fail, now or as soon as it is made.

    Args:
        fault: One of FAULTS of the change's kind.
        change: The change.
        size: How many bytes are going to be written.
    """
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault in KILLS_WITHIN:
        # Ends a process without a word, as kill -9 does, in the middle of a write of any library.
        limit_files(min(size - 1, round(KILLS_WITHIN[fault] * size)), signal.SIG_DFL)
    elif fault == "cut short":
        limit_files(size // 2, signal.SIG_IGN)
    elif fault == "disk full":
        change.file.unlink()
        change.file.symlink_to("/dev/full")
    else:
        number = getattr(errno, fault)
        raise OSError(number, os.strerror(number), str(change.file))


def limit_files(size: int, then: signal.Handlers) -> None:
    """Let no file of this process grow beyond `size` bytes; a write that would is cut short, or ends the process."""
    sys.dont_write_bytecode = True  # Python would leave it behind cut short
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, then)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
