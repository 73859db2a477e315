"""The files of our own packages that a file imports, read from its import statements, including those in functions."""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


def imports_of(file: Path, root: Path, packages: Sequence[str]) -> set[Path]:
    """Files that a file imports when it runs, with all __init__ files of their packages and of its own.

    Args:
        file: A Python file below `root`.
        root: The folder that contains the packages.
        packages: Names of our own packages.
    """
    names = [".".join(file.relative_to(root).with_suffix("").parts)]
    for node in _statements(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # the package that the dots of a relative import stand for
            package = names[0].split(".")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and (kinds := _package_of_kind(node)):
            names += [kinds, *(f"{kinds}.{kind.stem}" for kind in root.joinpath(*kinds.split(".")).glob("*.py"))]
    return {path for name in names if name.split(".")[0] in packages for path in _files_of(name, root)}


def import_closure(start: Path, root: Path, packages: Sequence[str]) -> set[Path]:
    """The file `start` and all files that it imports, directly or indirectly."""
    pending, files = [start], set[Path]()
    while pending:
        file = pending.pop()
        if file not in files:
            files.add(file)
            pending += imports_of(file, root, packages)
    return files


def modules_of(text: bytes, package: Sequence[str]) -> list[tuple[str, int]]:
    """Full names of all modules (and of what is imported from them) that a file imports, each with its line.

    Args:
        text: The content of the file.
        package: The package that contains it, for relative imports.

    Raises:
        SyntaxError, ValueError: if it is not Python.
    """
    modules: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [*package[: len(package) + 1 - node.level]] if node.level else []
            stem = [*above, *([node.module] if node.module else [])]
            modules += [(".".join([*stem, alias.name]), node.lineno) for alias in node.names]
    return modules


def third_party(modules: Iterable[tuple[str, int]], own: Sequence[str]) -> dict[str, int]:
    """Top-level packages among modules that neither Python nor we bring, each with the first line that imports it.

    Args:
        modules: Names and lines, as `modules_of` returns them.
        own: Our own packages.
    """
    packages: dict[str, int] = {}
    for module, line in modules:
        package = module.split(".")[0]
        if package not in own and package not in sys.stdlib_module_names:
            packages.setdefault(package, line)
    return packages


def _package_of_kind(call: ast.Call) -> str | None:
    """The package whose classes a call of lockstep.project.kinds.Kind finds when they are asked for."""
    if not (isinstance(call.func, ast.Name) and call.func.id == "Kind"):
        return None
    values = [keyword.value for keyword in call.keywords if keyword.arg == "package"]
    return str(values[0].value) if values and isinstance(values[0], ast.Constant) else None


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes except those that only a type checker reads."""
    skipped = node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        if child in skipped:
            continue
        yield child
        yield from _statements(child)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The module's file and the __init__ files of its packages."""
    parts = module.split(".")
    for depth in range(len(parts)):
        if (file := root.joinpath(*parts[: depth + 1], "__init__.py")).is_file():
            yield file
    if (file := root.joinpath(*parts).with_suffix(".py")).is_file():
        yield file
