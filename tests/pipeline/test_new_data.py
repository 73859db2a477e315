"""New rows in a local table do not pass unseen: `lockstep check`, and so `make repro`, tells of them."""

import hashlib
from pathlib import Path

import pytest

from tests.pipeline.project import Project, new_project

ROWS = "a,b,y\n" + "".join(f"{row},{row * row % 7},{row % 5}\n" for row in range(40))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose own table has been fetched."""
    project = new_project(tmp_path_factory.mktemp("new_data") / "project")
    (project.folder / "own.csv").write_text(ROWS)
    project.run("lockstep", "new-dataset", "own.csv", "--target", "y")
    project.edit("params.yaml", "dataset: friedman", "dataset: own")
    assert project.repro("fetch") == ["fetch"]
    project.commit()
    return project


@pytest.fixture
def own(fetched: Project, tmp_path: Path) -> Project:
    return fetched.copy(tmp_path / "project")


def _check(project: Project, *arguments: str) -> tuple[int, str]:
    done = project.run("lockstep", "check", *arguments, check=False)
    return done.returncode, done.stderr.strip()


def test_a_changed_file_stops_and_is_taken_in_by_one_command(own: Project) -> None:
    assert _check(own) == (0, "")
    newer = ROWS + "90,3,1\n"
    (own.folder / "own.csv").write_text(newer)
    assert _check(own) == (
        1,
        f"lockstep: datasets/own.yaml: source.path: own.csv: the file changed: its sha256 is {_sha256(newer)}, the"
        f" dataset file says {_sha256(ROWS)}; restore it, or accept it with `lockstep check --update-source` and run"
        " `dvc repro`",
    )
    before = (own.folder / "datasets/own.yaml").read_bytes().replace(b"\n", b"\r\n")
    (own.folder / "facts.yaml").write_bytes(before)
    (own.folder / "datasets/own.yaml").unlink()
    (own.folder / "datasets/own.yaml").symlink_to("../facts.yaml")
    assert _check(own, "--update-source")[0] == 0
    assert (own.folder / "facts.yaml").read_bytes() == before.replace(_sha256(ROWS).encode(), _sha256(newer).encode())
    assert (own.folder / "datasets/own.yaml").is_symlink()
    assert _check(own) == (
        0,
        "lockstep: warning: datasets/own.yaml: source.path: own.csv: the results come from another file; `dvc repro`"
        " computes them from this one",
    )
    assert own.repro("fetch") == ["fetch"]
    assert _check(own) == (0, "")


def test_a_file_that_is_gone_is_told_of_but_the_results_stand(own: Project) -> None:
    (own.folder / "own.csv").unlink()
    code, said = _check(own)
    assert code == 0
    assert said.endswith("own.csv: the file is gone; the results are valid, but fetch cannot read it again")
    own.edit("dvc.lock", _sha256(ROWS), _sha256("other"))
    code, said = _check(own)
    assert code == 1
    assert said.endswith("datasets/own.yaml: source.path: own.csv: no such file; put it there or correct the path")


def test_results_of_another_dataset_say_nothing_of_this_one(own: Project) -> None:
    own.edit("params.yaml", "dataset: own", "dataset: friedman")
    (own.folder / "own.csv").write_text(ROWS + "90,3,1\n")
    assert _check(own) == (0, "")
    code, said = _check(own, "--update-source")
    assert code == 1
    assert said == "lockstep: datasets/friedman.yaml: source: is no local file, so there is nothing to update"
