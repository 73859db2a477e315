"""The notebook opens any result, and what is committed of it is the result of the repository as shipped."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.conftest import ROOT
from tests.pipeline.project import Project, new_project

NOTEBOOK = "notebooks/analysis.ipynb"


def _read(file: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(file, as_version=4)
    return notebook


def _code(notebook: nbformat.NotebookNode) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _texts(cells: list[Any]) -> Iterator[str]:
    """What cells print and show, without pictures."""
    for cell in cells:
        for output in cell.outputs:
            data = output.get("data", {})
            yield from (output.get("text", ""), data.get("text/plain", ""), data.get("text/html", ""))


def assert_whole(notebook: nbformat.NotebookNode) -> None:
    """Every cell ran in order, nothing failed or warned, and nothing tells one run or machine from another."""
    cells = _code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert len([output for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})]) >= 12
    assert not re.search(r"0x[0-9a-f]{6,}|(?<![<\w])/(home|tmp|root|work|usr)/", "\n".join(_texts(cells)))
    assert all(not cell.metadata for cell in notebook.cells)
    assert "version" not in json.dumps(notebook.metadata)


@pytest.mark.long("test_a_missing_result_is_one_line_and_the_notebook_stays")
def test_notebook_runs_from_start_to_end_on_another_table(project: Project) -> None:
    before = project.run("git", "status", "--porcelain").stdout
    project.run("python", "notebooks/execute.py")
    notebook = _read(project.folder / NOTEBOOK)
    assert_whole(notebook)
    assert (project.folder / NOTEBOOK).stat().st_size < 700_000
    texts = "\n".join(_texts(_code(notebook)))
    assert "friedman: " in texts
    for score in json.loads((project.folder / "reports/metrics.json").read_text())["test"].values():
        assert f"{score:.5f}" in texts
    assert project.run("git", "status", "--porcelain").stdout == before + f" M {NOTEBOOK}\n"


def test_a_missing_result_is_one_line_and_the_notebook_stays(project: Project) -> None:
    before = (project.folder / NOTEBOOK).read_bytes()
    (project.folder / "reports/data_quality.json").unlink()
    done = project.run("python", "notebooks/execute.py", check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        r"notebook: analysis.ipynb: DataError: .*data_quality.json: no such file; run `dvc repro` first\n", done.stderr
    )
    assert (project.folder / NOTEBOOK).read_bytes() == before


@pytest.mark.nightly
def test_committed_notebook_is_byte_for_byte_what_a_fresh_run_gives(tmp_path: Path) -> None:
    """Holds in the repository as shipped, like the main job of .ci/run: nobody must renew the notebook."""
    project = new_project(tmp_path / "project", tiny=False)
    project.repro()
    project.run("python", "notebooks/execute.py")
    assert (project.folder / NOTEBOOK).read_bytes() == (ROOT / NOTEBOOK).read_bytes()
