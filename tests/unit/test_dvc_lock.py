"""dvc.lock, read back."""

from pathlib import Path

import pytest

from lockstep.errors import DataError
from lockstep.results.dvc_lock import DvcLock, refuse_stale

DATASET = Path("datasets/own.yaml")


def _write(folder: Path, text: str) -> Path:
    (folder / "dvc.lock").write_text(text, encoding="utf-8")
    return folder


def test_a_lock_that_is_missing_or_knows_no_stages_is_one_line_where_one_is_needed(tmp_path: Path) -> None:
    assert DvcLock.find(tmp_path) is None
    with pytest.raises(DataError, match=r"^dvc\.lock: no such file; run `dvc repro` first$"):
        DvcLock.read(tmp_path)
    for text in ("", "[]", "stages:\n", "schema: '2.0'\n"):
        assert DvcLock.find(_write(tmp_path, text)) is None
        with pytest.raises(DataError, match=r"^dvc\.lock: has no stages; run `dvc repro` first$"):
            refuse_stale(tmp_path)


def test_a_setting_is_the_one_of_the_stages_last_run(tmp_path: Path) -> None:
    lock = DvcLock.read(_write(tmp_path, "stages: {fetch: {params: {datasets/own.yaml: {source: {sha256: abc}}}}}"))
    assert lock.setting("fetch", DATASET, "source.sha256") == "abc"
    assert lock.setting("fetch", DATASET, "source.path") is None
    assert lock.setting("clean", DATASET, "source.sha256") is None
    assert lock.setting("fetch", Path("datasets/other.yaml"), "source.sha256") is None


def test_an_output_made_anew_after_it_was_read_is_told_with_the_stage_that_read_it(tmp_path: Path) -> None:
    text = "stages: {fetch: {outs: [{path: raw, md5: a}]}, clean: {deps: [{path: raw, md5: b}, {path: code, md5: c}]}}"
    lock = DvcLock.read(_write(tmp_path, text))
    assert list(lock.stale_inputs()) == [("clean", "raw")]
    assert (lock.hashes, lock.producers) == ({"raw": "a"}, {"raw": "fetch"})
    with pytest.raises(
        DataError, match=r"^raw: was rewritten, but later stages have not used it yet; run `dvc repro` first$"
    ):
        refuse_stale(tmp_path)
