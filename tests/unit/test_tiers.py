"""Which tests a run takes."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

HOOKS = "from tests.conftest import pytest_addoption, pytest_collection_modifyitems, pytest_configure\n"
ONE_OF_EACH = """
import pytest

def test_daily():
    raise AssertionError

@pytest.mark.slow
def test_slow():
    raise AssertionError

@pytest.mark.long
def test_long():
    raise AssertionError

@pytest.mark.nightly
def test_nightly():
    raise AssertionError
"""


def _marks() -> dict[str, str]:
    """Each test's decorators, as text."""
    nodes = [
        node for file in (ROOT / "tests").rglob("test_*.py") for node in ast.walk(ast.parse(file.read_text("utf-8")))
    ]
    tests = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {test.name: "\n".join(map(ast.unparse, test.decorator_list)) for test in tests}


def test_every_long_test_names_one_that_is_daily() -> None:
    marks = _marks()
    own = re.compile(r"^(?:pytest\.mark\.long(?:\('(\w+)'\))?|.*nightly)$", re.MULTILINE | re.IGNORECASE)
    beyond_daily = {name: found[1] for name, text in marks.items() if (found := own.search(text))}
    long = [name for name, text in marks.items() if re.search(r"^pytest\.mark\.long", text, re.MULTILINE)]
    assert len(long) > 10
    daily = marks.keys() - beyond_daily.keys()
    assert {name: beyond_daily[name] for name in long if beyond_daily[name] not in daily} == {}


def _failed(folder: Path, *options: str) -> set[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", *options]
    path = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=path, capture_output=True, text=True, check=False)
    return set(re.findall(r"^FAILED \S+::test_(\w+)", done.stdout, re.MULTILINE))


def test_a_tier_runs_its_own_and_what_failed_is_run_again_of_whatever_tier(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "tests/test_tiers.py").write_text(ONE_OF_EACH)
    assert _failed(tmp_path, "--tier", "quick") == {"daily"}
    assert _failed(tmp_path) == {"daily", "slow"}
    assert _failed(tmp_path, "--tier", "all") == {"daily", "slow", "long"}
    assert _failed(tmp_path, "--lf") == {"daily", "slow", "long"}
