"""Options and fixtures shared by all tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not decide whether a test passes: no deadlines, and the same examples on every run.
settings.register_profile("lockstep", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lockstep")

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="run only the long promises marked `nightly`")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: takes minutes; run by `make nightly`, not by `make test`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    nightly = config.getoption("--nightly")
    chosen = [item for item in items if ("nightly" in item.keywords) == nightly]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture
def own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "OwnTable":
    """A folder with params.yaml and a dataset file for a CSV table that the test fills; the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return OwnTable(tmp_path)


class OwnTable:
    """A small project around one CSV file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "datasets").mkdir()
        params = (ROOT / "params.yaml").read_text(encoding="utf-8")
        self.set_params(params.replace("dataset: diabetes", "dataset: own"))

    def set_params(self, text: str) -> None:
        (self.folder / "params.yaml").write_text(text, encoding="utf-8")

    def edit_params(self, old: str, new: str) -> None:
        text = (self.folder / "params.yaml").read_text(encoding="utf-8")
        assert old in text
        self.set_params(text.replace(old, new, 1))

    def write(self, content: str | bytes, facts: str = "", *, sha256: str | None = None) -> None:
        """Write the table and a dataset file with columns a, b (features) and y (target)."""
        import hashlib

        data = content.encode() if isinstance(content, str) else content
        (self.folder / "own.csv").write_bytes(data)
        digest = sha256 or hashlib.sha256(data).hexdigest()
        (self.folder / "datasets" / "own.yaml").write_text(
            f"""
about: a table made by a test
target: y
source: {{kind: csv, path: own.csv, sha256: "{digest}"}}
missing_values: [""]
columns:
  a: {{type: number}}
  b: {{type: number}}
  y: {{type: number}}
{facts}
clean: []
judging: {{slices: [], coordinates: null}}
features:
  raw: [{{step: columns, columns: [a, b]}}]
  full: [{{step: columns, columns: [a, b]}}]
""",
            encoding="utf-8",
        )

    def run(self, *stages: str) -> None:
        """Run stages in this process, as DVC would one after the other."""
        import importlib

        from lockstep.stage import run_stage

        for stage in stages:
            run_stage(stage, importlib.import_module(f"stages.{stage}").main)


GOOD_ROWS = "a,b,y\n" + "".join(f"{row},{row * row % 7},{row % 5}\n" for row in range(40))
