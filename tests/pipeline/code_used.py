"""Which of the project's own files a stage uses, read from its import statements, those inside functions too."""

import ast
from pathlib import Path

from lockstep.project import imports

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("lockstep", "stages")
# Templates that code reads beside itself.
READ_BESIDE = {
    "lockstep/report/page.py": {"lockstep/report/page.html.jinja", "lockstep/report/sections"},
    "lockstep/report/templates.py": {
        f"lockstep/report/{name}.jinja" for name in ("base.html", "macros.html", "style.css", "tables.js")
    },
}
# Imports nothing until a name is asked for, and stages ask for none (tests/unit/test_public_face.py).
PUBLIC_FACE = ROOT / "lockstep/__init__.py"
# MLflow ships and runs this file with the model; logged_model.py names it by path.
RUN_BY_PATH = {"lockstep/tracking/logged_model.py": {"lockstep/tracking/serving.py"}}


def used_by(stage: str) -> set[str]:
    """Files that `python3 -m stages.<stage>` may import, but for __init__ files that no stage gets anything from."""
    return used_from(f"stages/{stage}.py")


def used_from(start: str) -> set[str]:
    """The same of any file."""
    waiting, seen = [start], set[str]()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        path = ROOT / file
        if path.suffix == ".py":
            waiting += imported(path)
        waiting += _read_beside(file) | RUN_BY_PATH.get(file, set())
    return {file for file in seen if not _is_empty(ROOT / file)}


def _read_beside(file: str) -> set[str]:
    """Those files, and the files of those folders."""
    return {inside for name in READ_BESIDE.get(file, set()) for inside in expanded(name)}


def imported(path: Path) -> set[str]:
    """Our own files that one file imports, with the __init__ files on the way."""
    return {file.relative_to(ROOT).as_posix() for file in imports.imports_of(path, ROOT, PACKAGES)}


def _is_empty(path: Path) -> bool:
    if path.name != "__init__.py":
        return False
    if path == PUBLIC_FACE:
        return True
    return all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text(encoding="utf-8")).body)


def expanded(dependency: str) -> set[str]:
    """The files behind a code dependency of dvc.yaml: a folder stands for all files in it that matter."""
    path = ROOT / dependency
    if path.is_file():
        return {dependency}
    files = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(ROOT).as_posix() for file in files if not _is_empty(file)}
