"""The folder of an export: its allowed content, and the replacement of an earlier export."""

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
REPOSITORY_FOLDERS = ("data", "models", "reports", "mlruns", ".lockstep", ".dvc", ".git")
# An empty file system, such as a container's volume, contains it.
SYSTEM_FOLDERS = ("lost+found",)


class ExportFolder:
    """A folder for an export.

    Only files inside are renamed: the folder itself may be the mount point of a volume.

    Args:
        folder: The folder, created if absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def refuse_unusable(self, *, force: bool) -> None:
        """Make sure that an export can be written, and that nothing but an earlier one would be replaced.

        Args:
            force: Accept a folder with other files; they stay unless they have the name of an exported file.

        Raises:
            DataError: if not, or if the folder is one of the repository's own.
        """
        try:
            self._refuse_place()
            foreign = self._foreign()
        except (OSError, RuntimeError) as error:  # a loop of links, a name too long, an unreadable folder
            raise DataError(f"{self._folder}: cannot be used ({system_reason(error)}); name another folder") from None
        if foreign and not force:
            names = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
            raise DataError(
                f"{self._folder}: contains files that no export wrote ({names}); name another folder, or give --force:"
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
        top_folder = folder.relative_to(root).parts[:1] if folder.is_relative_to(root) else ()
        if root == folder or top_folder in {(name,) for name in REPOSITORY_FOLDERS}:
            raise DataError(f"{self._folder}: belongs to the repository; name another folder, as outputs")
        existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        if not existing.is_dir():
            raise DataError(f"{self._folder}: {existing.name} is no folder; name another one, as outputs")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise DataError(f"{self._folder}: is not writable for user {os.getuid()}; check its permissions")

    @contextmanager
    def replaced(self) -> Iterator[Path]:
        """A new folder inside; its files replace those of an earlier export when the block ends without an error.

        Raises:
            OSError: if it cannot be written; an earlier export is then unchanged.
            DataError: if a folder or link is in the way of a file, or the earlier export could not be restored.
        """
        lock = local_state() / "locks" / f"export-{key_of(str(self._folder.resolve()))[:16]}"
        with held(lock, passing=True):
            self._folder.mkdir(parents=True, exist_ok=True)
            leftovers = [entry for entry in self._entries() if entry.name.startswith(PREFIX)]
            staging = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._folder))
            new, old = staging / "new", staging / "old"
            try:
                new.mkdir()
                old.mkdir()
                yield new
                merge(new, old, self._folder)
            except RollbackError as error:
                raise DataError(f"{self._folder}: {error}: its files are in {old} until the next export") from error
            except BaseException:
                shutil.rmtree(staging, ignore_errors=True)
                raise
            for entry in (staging, *leftovers):
                shutil.rmtree(entry, ignore_errors=True)

    def _foreign(self) -> list[str]:
        """Names that neither an export, complete or interrupted, nor a file system has put there."""
        if self._is_export():
            return []
        written = {Path(name).parts[0] for name in listed_files(self._folder)}
        return sorted(path.name for path in self._entries() if not _is_ignored(path.name) and path.name not in written)

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
            raise DataError(f"{self._folder}: cannot be read ({system_reason(error)}); check its permissions") from None


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in SYSTEM_FOLDERS
