"""What must never appear in the code, the lock file, the container or the commands we print."""

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

CODE = sorted([*(ROOT / "lockstep").rglob("*.py"), *(ROOT / "stages").rglob("*.py")])
PAGES = sorted((ROOT / "docs").glob("*.md"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint"}
ATTRIBUTES = {("os", "system"), ("os", "popen"), ("yaml", "load"), ("pd", "read_pickle"), ("yaml", "unsafe_load")}


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_code_neither_unpickles_nor_evaluates_nor_asks_a_shell(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            assert not {name.partition(".")[0] for name in names} & MODULES
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            assert (node.func.value.id, node.func.attr) not in ATTRIBUTES
        for option in node.keywords:
            if option.arg in ("shell", "allow_pickle"):
                assert isinstance(option.value, ast.Constant)
                assert option.value.value is False


def test_every_dependency_is_pinned_by_version_and_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert len(packages) > 100
    for line in packages:
        assert re.match(r"[a-z0-9_.-]+(\[[a-z,]+\])?==[^ ;]+ ", line), line[:80]
        assert " --hash=sha256:" in line
    for used in ("Makefile", "Dockerfile"):
        assert "--require-hashes" in (ROOT / used).read_text(encoding="utf-8")


def test_the_container_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")


@pytest.mark.parametrize("file", ["README.md", "Makefile", *(f"docs/{page.name}" for page in PAGES)])
def test_servers_in_our_commands_listen_on_loopback_alone(file: str) -> None:
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if re.search(r"^\W*mlflow (ui|server|models serve) ", line):
            assert "--host 127.0.0.1" in line, line
        assert "0.0.0.0" not in line  # noqa: S104 - what must not stand there


def test_every_row_of_the_reliability_page_names_a_test_that_is_there() -> None:
    rows = [line for line in (ROOT / "docs/reliability.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    rows = [row for row in rows if not row.startswith(("| case", "|---"))]
    made = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    for row in rows:
        named = re.findall(r"\btest_\w+", row)
        assert named, row
        assert [name for name in named if f"def {name}(" not in made] == []
