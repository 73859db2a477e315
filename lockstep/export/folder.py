"""The folder an export goes to: what it may hold, and how an earlier export gives way."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.errors import DataError, system_reason
from lockstep.export.merging import RESULTS, RollbackError, listed_files, merge
from lockstep.project.paths import local_state, project_root
from lockstep.storage.locks import held
from lockstep.storage.tables import read_json
from lockstep.workers.identity import key_of

MADE_BY = {"made_by": "lockstep export"}
PREFIX = ".lockstep-export-"
# Folders of the repository that the pipeline, DVC, git and MLflow write.
TAKEN = ("data", "models", "reports", "mlruns", ".lockstep", ".dvc", ".git")
# An empty file system of its own, as a container's volume, has it.
HARMLESS = ("lost+found",)


class ExportFolder:
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
        try:
            self._refuse_place()
            foreign = self._foreign()
        except (OSError, RuntimeError) as error:  # a loop of links, a name too long, a folder that cannot be read
            raise DataError(f"{self._folder}: cannot be used ({system_reason(error)}); name another folder") from None
        if foreign and not force:
            shown = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
            raise DataError(
                f"{self._folder}: holds files that no export wrote ({shown}); name another folder, or give --force:"
                f" it replaces what has the name of an exported file and keeps the rest"
            )

    def _refuse_place(self) -> None:
        if self._folder.is_symlink() and not self._folder.exists():
            raise DataError(f"{self._folder}: is a link to nothing; name a folder")
        root, folder = project_root().resolve(), self._folder.resolve()
        if folder.exists() and not folder.is_dir():
            raise DataError(f"{self._folder}: is a file; name a folder")
        if root.is_relative_to(folder) and root != folder:
            raise DataError(f"{self._folder}: contains the repository; name another folder, as outputs")
        inside = folder.relative_to(root).parts[:1] if folder.is_relative_to(root) else ()
        if root == folder or inside in {(name,) for name in TAKEN}:
            raise DataError(f"{self._folder}: belongs to the repository; name another folder, as outputs")
        there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
        if not there.is_dir():
            raise DataError(f"{self._folder}: {there.name} is no folder; name another one, as outputs")
        if not os.access(there, os.W_OK | os.X_OK):
            raise DataError(f"{self._folder}: is not writable for user {os.getuid()}; check its permissions")

    @contextmanager
    def replaced(self) -> Iterator[Path]:
        """A new folder inside; its files take the place of an earlier export's when the block ends without an error.

        Raises:
            OSError: if it cannot be written; an earlier export is then as it was.
            DataError: if something of another kind stands where a file is to go, or the earlier export is not back.
        """
        lock = local_state() / "locks" / f"export-{key_of(str(self._folder.resolve()))[:16]}"
        with held(lock, passing=True):
            self._folder.mkdir(parents=True, exist_ok=True)
            left_over = [each for each in self._entries() if each.name.startswith(PREFIX)]
            place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._folder))
            new, old = place / "new", place / "old"
            try:
                new.mkdir()
                old.mkdir()
                yield new
                merge(new, old, self._folder)
            except RollbackError as error:
                raise DataError(f"{self._folder}: {error}: its files are in {old} until the next export") from error
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            for each in (place, *left_over):
                shutil.rmtree(each, ignore_errors=True)

    def _foreign(self) -> list[str]:
        """Names that neither an export, whole or cut off, nor a file system has put there."""
        if self._is_export():
            return []
        written = {Path(name).parts[0] for name in listed_files(self._folder)}
        return sorted(each.name for each in self._entries() if not _is_harmless(each.name) and each.name not in written)

    def _is_export(self) -> bool:
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
