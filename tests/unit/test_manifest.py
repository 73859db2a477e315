"""The manifest notices every output that changed, and knows every configuration."""

from tests.manifest.configurations import CONFIGURATIONS
from tests.manifest.manifest import differences, read_hashes


def test_every_change_of_an_output_is_told() -> None:
    kept = {"a.json": "1", "b.csv": "2", "c.png": "3"}
    assert differences(kept, dict(kept)) == []
    found = {"a.json": "1", "b.csv": "other", "d.ubj": "4"}
    assert differences(kept, found) == ["b.csv: differs", "c.png: is gone", "d.ubj: is new"]


def test_the_hashes_of_every_configuration_and_stage_are_kept() -> None:
    kept = read_hashes()
    assert set(kept) == set(CONFIGURATIONS)
    for hashes in kept.values():
        assert {
            "data/raw/table.parquet",
            "data/clean/table.parquet",
            "data/split/train.parquet",
            "models/best_params.json",
            "models/model/model.json",
            "reports/metrics.json",
            "reports/index.html",
            "reports/evaluate/residuals.png",
        } <= set(hashes)
