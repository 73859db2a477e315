"""Files of custom/: which of them are the project's code, and which names and places they may have."""

from importlib.metadata import version
from pathlib import Path

import pytest

from lockstep.check.custom_code import check_custom_code
from lockstep.errors import ConfigError
from lockstep.features.step import STEPS
from lockstep.model.model_code import write_code
from lockstep.project.custom import code_digest, code_files, package_versions

OWN = '''"""A step."""
from lockstep import Step


class Own(Step):
    """Nothing."""

    def reads(self):
        return ()

    def makes(self):
        return ()

    def transform(self, frame):
        return frame[[]].to_numpy()
'''


@pytest.fixture(autouse=True)
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """custom/steps of a project in a hidden folder, with one step."""
    project = tmp_path / ".hidden"
    (project / "custom/steps").mkdir(parents=True)
    monkeypatch.chdir(project)
    Path("custom/steps/own.py").write_text(OWN)
    return Path("custom/steps")


def test_hidden_files_and_broken_links_are_not_the_projects_code(steps: Path) -> None:
    before = code_digest("steps", "own")
    (steps / ".#own.py").symlink_to("me@host.1234:5678")  # what Emacs leaves beside an edited file
    (steps / "broken.py").symlink_to("nowhere")
    (steps / "._own.py").write_bytes(b"\0\5\xff")
    (steps / ".ipynb_checkpoints").mkdir()
    (steps / ".ipynb_checkpoints/own-checkpoint.py").write_text(OWN)
    (steps / "folder.py").mkdir()
    assert check_custom_code() == []
    assert STEPS.custom() == ["own"]
    assert STEPS["own"].kind_name() == "own"
    assert code_digest("steps", "own") == before


@pytest.mark.parametrize("name", ["my-own", "my own", "my.own"])
def test_a_files_name_has_letters_digits_and_underscores(steps: Path, name: str) -> None:
    (steps / "own.py").rename(steps / f"{name}.py")
    with pytest.raises(ConfigError, match=f"^custom/steps/{name}.py: a file's name has letters, .* rename the file$"):
        STEPS[name]


def test_two_classes_in_a_file_are_refused_with_the_remedy(steps: Path) -> None:
    file = steps / "own.py"
    file.write_text(f"{file.read_text()}\n\nclass Second(Own):\n    pass\n")
    with pytest.raises(
        ConfigError, match=r"^custom/steps/own\.py: .* it has: Own, Second; give each a file of its own$"
    ):
        _ = STEPS["own"]


@pytest.mark.parametrize(
    ("path", "line", "message"),
    [
        ("custom/__init__.py", "", r"^custom/__init__\.py: no stage depends on a file there"),
        ("custom/steps/sub/a.py", "import custom.steps.sub.a", r"^custom/steps/sub/a\.py: no stage depends"),
        ("custom/rules/_a.py", "import custom.rules._a", r"^custom/steps/own\.py: imports custom/rules/_a\.py, and"),
    ],
)
def test_code_that_no_stage_depends_on_is_refused_before_it_runs(
    steps: Path, path: str, line: str, message: str
) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("raise ValueError\n")
    (steps / "own.py").write_text(f"{line}\n{OWN}")
    with pytest.raises(ConfigError, match=message):
        STEPS["own"]


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*-\n# \xe9\n"], ids=["byte order mark", "latin-1"]
)
def test_imports_are_followed_in_any_encoding(steps: Path, start: bytes) -> None:
    (steps / "own.py").write_bytes(start + b"import custom.steps.other\n" + OWN.encode())
    (steps / "other.py").write_text("")
    assert list(code_files("steps", "own")) == ["custom/steps/other.py", "custom/steps/own.py"]


def test_a_file_that_ends_the_process_is_a_mistake_in_one_line(steps: Path) -> None:
    (steps / "own.py").write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(ConfigError, match=r"^custom/steps/own\.py: line 2: SystemExit: 0; correct it$"):
        STEPS["own"]


def test_a_model_keeps_no_code_of_an_earlier_one(steps: Path, tmp_path: Path) -> None:
    write_code(tmp_path, {"steps": ["own"]})
    (steps / "own.py").rename(steps / "other.py")
    assert list(write_code(tmp_path, {"steps": ["other"]})) == ["custom/steps/other.py"]
    assert [file.name for file in (tmp_path / "code").rglob("*.py")] == ["other.py"]
    assert write_code(tmp_path, {"steps": []}) == {}
    assert not (tmp_path / "code").exists()


def test_the_packages_that_own_code_imports_are_known_with_their_versions() -> None:
    """They are part of the key of remembered fold scores, and of the requirements of a model in MLflow."""
    code = {
        "custom/metrics/own.py": b"import json\nimport scipy.stats\nfrom ._help import x\nfrom lockstep import Metric\n"
    }
    assert package_versions(code) == {"scipy": version("scipy")}
