"""`import lockstep`: the names that projects use, on one page, and nothing imported until one is asked for."""

import ast
import subprocess
import sys

import pytest

import lockstep
from tests.conftest import ROOT

FACE = ROOT / "lockstep/__init__.py"


@pytest.mark.parametrize("name", lockstep.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    assert getattr(lockstep, name) is not None
    assert name in lockstep._MODULES


def test_the_public_face_fits_on_a_page_and_is_typed() -> None:
    assert len(FACE.read_text(encoding="utf-8").splitlines()) <= 60
    assert (ROOT / "lockstep/py.typed").is_file()
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        lockstep.Nothing  # noqa: B018


def test_the_public_face_imports_nothing_of_the_package_by_itself() -> None:
    """Stages pass by this file: what it did at import, no code dependency in dvc.yaml would name."""
    code = "import sys, lockstep; print([name for name in sys.modules if name.startswith('lockstep.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    for node in ast.parse(FACE.read_text(encoding="utf-8")).body:
        assert isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.If | ast.Assign | ast.FunctionDef)
