"""The folder an export goes to: what it may hold, and how an earlier export gives way."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.data.tables import read_json
from lockstep.errors import DataError
from lockstep.locks import held
from lockstep.paths import local_state, project_root
from lockstep.search.identity import key_of

RESULTS = "results.json"
MADE_BY = {"made_by": "lockstep export"}
PREFIX = ".lockstep-export-"
# Folders of the repository that the pipeline, DVC, git and MLflow write.
TAKEN = ("data", "models", "reports", "mlruns", ".lockstep", ".dvc", ".git")
# An empty file system of its own, as a container's volume, has it.
HARMLESS = ("lost+found",)


class Target:
    """A folder for an export.

    Nothing is renamed but what lies inside: the folder itself may be where a volume is mounted.

    Args:
        folder: Made if absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def refuse_unusable(self, *, force: bool) -> None:
        """Make sure that an export can be written, and that nothing but an earlier one would be replaced.

        Args:
            force: A folder that holds other files will do; those that have no name of an exported file stay.

        Raises:
            DataError: if not, or if the folder is one of the repository's own.
        """
        root, folder = project_root().resolve(), self._folder.resolve()
        if folder.exists() and not folder.is_dir():
            raise DataError(f"{self._folder}: is a file; name a folder")
        inside = folder.relative_to(root).parts[:1] if folder.is_relative_to(root) else ()
        if root.is_relative_to(folder) or inside in {(name,) for name in TAKEN}:
            raise DataError(f"{self._folder}: belongs to the repository; name another folder, as outputs")
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if not os.access(there, os.W_OK):
            raise DataError(f"{self._folder}: is not writable for user {os.getuid()}; check its permissions")
        foreign = sorted(each.name for each in self._entries() if not _is_harmless(each.name))
        if foreign and not force and not self._is_export():
            shown = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
            raise DataError(
                f"{self._folder}: holds files that no export wrote ({shown}); name another folder, or give --force:"
                f" it replaces what has the name of an exported file and keeps the rest"
            )

    @contextmanager
    def replaced(self) -> Iterator[Path]:
        """A new folder inside; its contents take the place of an earlier export's when the block ends without an error.

        Raises:
            OSError: if it cannot be written; an earlier export is then as it was.
        """
        with held(local_state() / "locks" / f"export-{key_of(str(self._folder.resolve()))[:16]}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            left_over = [each for each in self._entries() if each.name.startswith(PREFIX)]
            with tempfile.TemporaryDirectory(prefix=PREFIX, dir=self._folder) as name:
                new, old = Path(name) / "new", Path(name) / "old"
                new.mkdir()
                old.mkdir()
                yield new
                self._swap(new, old)
            for each in left_over:
                shutil.rmtree(each, ignore_errors=True)

    def _swap(self, new: Path, old: Path) -> None:
        """results.json goes first and comes last: a folder that has it is whole."""
        came = sorted((each.name for each in new.iterdir()), key=lambda name: name == RESULTS)
        went = [name for name in reversed(came) if (self._folder / name).exists()]
        moves = [(self._folder / name, old / name) for name in went]
        moves += [(new / name, self._folder / name) for name in came]
        done = []
        try:
            for source, goal in moves:
                source.rename(goal)
                done.append((source, goal))
        except BaseException:
            for source, goal in reversed(done):
                goal.rename(source)
            raise

    def _is_export(self) -> bool:
        """Whether an export is there, or one that was killed has left its traces."""
        if any(each.name.startswith(PREFIX) for each in self._entries()):
            return True
        try:
            content = read_json(self._folder / RESULTS)
        except (OSError, ValueError):
            return False
        return isinstance(content, dict) and content.items() >= MADE_BY.items()

    def _entries(self) -> list[Path]:
        try:
            return list(self._folder.iterdir()) if self._folder.exists() else []
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be read ({error.strerror}); check its permissions") from None


def _is_harmless(name: str) -> bool:
    return name.startswith(".") or name in HARMLESS
