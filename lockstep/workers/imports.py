"""Which of our own files a file imports, read from its import statements, those inside functions too."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path


def imported(file: Path, root: Path, packages: Sequence[str]) -> set[Path]:
    """Files that one file imports when it runs, with the __init__ files on the way, its own included.

    Args:
        file: A Python file below `root`.
        root: The folder that holds the packages.
        packages: Names of the packages that count as our own.
    """
    names = [".".join(file.relative_to(root).with_suffix("").parts)]
    for node in _statements(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # of a relative import: the package that its dots stand for
            package = names[0].split(".")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return {found for name in names if name.split(".")[0] in packages for found in _files_of(name, root)}


def imported_from(start: Path, root: Path, packages: Sequence[str]) -> set[Path]:
    """The file `start` and all files that it imports, directly or not."""
    waiting, seen = [start], set[Path]()
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += imported(file, root, packages)
    return seen


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    unread = node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        if child in unread:
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
