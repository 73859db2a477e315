"""The project's own code in custom/: its files, its imports, and its mistakes in one line.

custom/ lies in the folder of the project, which is the working directory of stages and commands. `custom_in` names
another folder: a worker of a cluster and a trusted model bring their own.
"""

import hashlib
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

from lockstep.errors import ConfigError, LockstepError, kind_and_reason, one_line
from lockstep.guards.text.messages import safe_line
from lockstep.project.imports import import_closure, modules_of, third_party

PACKAGE = "custom"
FOLDERS = ("steps", "rules", "metrics")
# A file of the project's own code: stages depend on these folders, and names are those of settings and of columns.
OWN_FILE = re.compile(rf"{PACKAGE}/(?:{'|'.join(FOLDERS)})/\w+\.py")

_root: ContextVar[Path | None] = ContextVar("_root", default=Path())
_importing = threading.RLock()
_imported: tuple[Path, str] | None = None


@contextmanager
def custom_in(root: Path | None) -> Iterator[None]:
    """Within the block the project's own code is that of ROOT/custom; None: there is none."""
    token = _root.set(root)
    try:
        yield
    finally:
        _root.reset(token)


def is_custom_module(module: str) -> bool:
    """Whether a module of this name is the project's own."""
    return module.partition(".")[0] == PACKAGE


def custom_files(folder: str) -> Mapping[str, Path]:
    """The Python files of a folder of custom/ by their names without .py; private ones begin with an underscore."""
    if _root.get() is None:
        return {}
    return {file.stem: file for file in _files(_folder() / folder, "*.py")}


def all_custom_files(root: Path = Path()) -> list[Path]:
    """All Python files of ROOT/custom, sorted, without hidden ones, which editors and notebooks leave."""
    return _files(root / PACKAGE, "**/*.py")


def code_files(folder: str, name: str) -> dict[str, bytes]:
    """What custom/FOLDER/NAME.py runs of the project's own code: contents by path (`custom/FOLDER/...`), sorted.

    These are the file itself, the files of custom/ that it imports, and all private ones beside it, which it may import
    in ways that cannot be read from its text.
    """
    root = _folder().parent
    file = root / PACKAGE / folder / f"{name}.py"
    try:
        files = import_closure(file, root, [PACKAGE]) | set(_files(file.parent, "_*.py"))
    except SyntaxError:
        files = {file}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(files)}


def code_digest(folder: str, name: str) -> str:
    """sha256 of `code_files`."""
    return hashlib.sha256(json.dumps(digests(code_files(folder, name))).encode()).hexdigest()


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """sha256 of each file."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def package_versions(files: Mapping[str, bytes]) -> dict[str, str]:
    """Versions here of the distributions that the project's own code imports, by name.

    Args:
        files: The code: contents by path, as `code_files` returns them.
    """
    # Imported here: no stage without own metrics needs it to start.
    from importlib.metadata import packages_distributions, version

    modules = [module for path, text in files.items() for module in modules_of(text, path.split("/")[:-1])]
    if not modules:
        return {}  # reading every distribution's list of files takes a second
    installed = packages_distributions()
    names = {installed[package][0] for package in third_party(modules, [PACKAGE, "lockstep"]) if package in installed}
    return {name: version(name) for name in sorted(names)}


def import_custom(folder: str, name: str) -> ModuleType:
    """Import custom/FOLDER/NAME.py; a file that was changed since an earlier import is imported again.

    Raises:
        ConfigError: with one line that names the file and the line, if the import fails, or if it runs files of which
            no stage that uses it knows.
    """
    global _imported
    root = _folder().parent
    with _importing:
        state = root, _digest(root)
        if state != _imported:
            _forget()
            _imported = state
        if PACKAGE not in sys.modules:
            sys.modules[PACKAGE] = _package(root / PACKAGE)
        if f"{PACKAGE}.{folder}.{name}" not in sys.modules:
            _check_files(folder, name)
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            with custom_mistakes(Path(PACKAGE, folder, f"{name}.py")):
                return import_module(f"{PACKAGE}.{folder}.{name}")
        finally:
            sys.dont_write_bytecode = before


@contextmanager
def custom_mistakes(file: Path) -> Iterator[None]:
    """Turn whatever the project's own code raises in the block into one line that names the file and the line.

    Args:
        file: The file, below the project, for an error without a line.

    Raises:
        ConfigError: instead of every error that is not a LockstepError.
    """
    try:
        yield
    except LockstepError:
        raise
    except SyntaxError as error:
        where = _below_project(error.filename) or file
        raise ConfigError(safe_line(f"{where}: line {error.lineno}: {one_line(error.msg)}; correct it")) from error
    except (Exception, SystemExit) as error:
        frames = [(_below_project(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        own = [(name, line) for name, line in frames if name is not None]
        where, line = own[-1] if own else (file, None)
        place = f"{where}: line {line}" if line else str(where)
        raise ConfigError(safe_line(f"{place}: {kind_and_reason(error)}; correct it")) from error


def _below_project(filename: str | None) -> Path | None:
    """The path of a file of custom/ as messages call it; None for any other file."""
    if filename is None:
        return None
    folder, path = _folder(), Path(filename)
    return Path(PACKAGE) / path.relative_to(folder) if path.is_relative_to(folder) else None


def _folder() -> Path:
    """The folder custom/ of the project."""
    return (_root.get() or Path()).absolute() / PACKAGE


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files below a folder that match, sorted, without hidden ones."""
    return [
        file
        for file in sorted(folder.glob(pattern))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]


def _package(folder: Path) -> ModuleType:
    """The package `custom`, found in this folder whatever the working directory and sys.path are."""
    spec = ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return module_from_spec(spec)


def _check_files(folder: str, name: str) -> None:
    """Refuse names and places of files that stages, models and settings cannot name.

    Raises:
        ConfigError: naming the file.
    """
    for path in code_files(folder, name):
        if not OWN_FILE.fullmatch(path):
            if path.count("/") == 2:
                raise ConfigError(f"{path}: a file's name has letters, digits and _ alone; rename the file")
            raise ConfigError(misplaced(path))
        if path.split("/")[1] != folder:
            own = f"{PACKAGE}/{folder}"
            raise ConfigError(
                f"{own}/{name}.py: imports {path}, and the stages that use {own} do not depend on it;"
                f" move what both use into {own}/_shared.py"
            )


def misplaced(path: str) -> str:
    """The message about a file of custom/ on which no stage depends."""
    return (
        f"{path}: no stage depends on a file there; move it to one of"
        f" {', '.join(f'{PACKAGE}/{folder}' for folder in FOLDERS)}"
    )


def _forget() -> None:
    for name in [name for name in sys.modules if is_custom_module(name)]:
        del sys.modules[name]


def _digest(root: Path) -> str:
    """sha256 of the names and contents of the Python files of ROOT/custom."""
    digest = hashlib.sha256()
    for file in all_custom_files(root):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
