"""A folder for arrays and pages of one stage; it does not outlive the stage by long, not even a killed one."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lockstep.locks import held

PREFIX = "lockstep-tune-"
LOCK = "owner.lock"


@contextlib.contextmanager
def scratch_folder(where: Path | None = None) -> Iterator[Path]:
    """A new folder in a folder, by default the directory for temporary files, removed at the end.

    A killed stage cannot remove its own; so each new one removes those whose owner no longer lives.
    """
    where = where or Path(tempfile.gettempdir())
    _sweep(where)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=where, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with held(folder / "new.lock"):
            # Seen by sweepers only once it is held.
            (folder / "new.lock").rename(folder / LOCK)
            yield folder


def _sweep(temporary: Path) -> None:
    for lock in temporary.glob(f"{PREFIX}*/{LOCK}"):
        # Another user's folder, or one that another search is just removing.
        with contextlib.suppress(OSError), held(lock, wait=False) as ownerless:
            if ownerless:
                shutil.rmtree(lock.parent, ignore_errors=True)
