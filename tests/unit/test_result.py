"""What a run left, read back."""

from pathlib import Path

import pytest

from lockstep.errors import DataError
from lockstep.results.result import Result
from tests.conftest import ROOT


def test_a_missing_file_is_one_line_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metrics.json: no such file; run `dvc repro` first"):
        _ = Result(tmp_path).metrics


@pytest.mark.parametrize("name", ["metrics", "predictions"])
def test_a_damaged_file_is_one_line_with_its_remedy(tmp_path: Path, name: str) -> None:
    for path in ("reports/metrics.json", "data/predictions/test.parquet"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"{torn")
    with pytest.raises(DataError, match="is damaged, or was written by another version") as raised:
        getattr(Result(tmp_path), name)
    assert "\n" not in str(raised.value)


def test_a_message_names_the_folder_unless_nobody_has_seen_it(tmp_path: Path) -> None:
    for named, start in ((True, f"{tmp_path}/reports/gates.json"), (False, "reports/gates.json")):
        with pytest.raises(DataError, match=rf"^{start}: no such file; run `dvc repro` first$"):
            _ = Result(tmp_path, named=named).gates


def test_what_an_output_lacks_is_told_with_the_file_that_lacks_it(tmp_path: Path) -> None:
    for path in ("models/search.json", "models/model/model.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    result = Result(tmp_path, named=False)
    for name in ("space", "cost", "cv_column"):
        with pytest.raises(DataError, match=r"^models/search\.json: is damaged, .*KeyError"):
            getattr(result, name)
    for name in ("target", "fitting", "training", "n_trees"):
        with pytest.raises(DataError, match=r"^models/model/model\.json: is damaged, .*KeyError"):
            getattr(result, name)


def test_the_nearest_result_is_that_of_the_repository_around_a_folder(tmp_path: Path) -> None:
    assert Result.nearest(ROOT / "notebooks").root == ROOT
    assert Result.nearest(ROOT).root == ROOT
    with pytest.raises(DataError, match=r"no dvc.yaml here or above; start in the repository, or name a folder"):
        Result.nearest(tmp_path)
