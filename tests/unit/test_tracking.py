"""What MLflow is told of a result."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project import paths
from lockstep.results.choices import effective_choices
from lockstep.results.result import Result
from lockstep.storage.tables import write_json
from lockstep.tracking.registry import _doubts
from lockstep.tracking.run_content import _repeated, finding_tags
from tests.conftest import ROOT, SETTINGS


@pytest.mark.parametrize("name", ["price in $ (net)", "Größe", "a=b", "x" * 300])
def test_features_are_in_no_name_of_a_parameter(name: str) -> None:
    from mlflow.utils.validation import _validate_param

    params: dict[str, Any] = read_yaml(SETTINGS)
    params["booster"]["monotone"] = {name: 1, "a": -1}
    found = effective_choices(params)
    assert json.loads(found["booster.monotone"]) == {name: 1, "a": -1}
    for key, value in found.items():
        _validate_param(key, str(value))


def test_every_number_of_the_repeated_protocol_is_a_metric(tmp_path: Path) -> None:
    write_json({"metrics": [{"metric": "rmse", "mean": 2.0, "sd": 0.5}]}, tmp_path / paths.REPEATED)
    assert _repeated(Result(tmp_path)) == {"repeated.rmse.mean": 2.0, "repeated.rmse.sd": 0.5}


def test_every_finding_is_a_tag_and_earlier_results_without_any_file_have_none(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    drift = {"name": "drift", "kind": "look", "sentence": "Rows change."}
    copies = {"name": "copied_rows", "kind": "act", "sentence": "Rows repeat."}
    write_json([drift, copies], tmp_path / paths.FINDINGS)
    assert _doubts(Result(tmp_path)) == "; doubtful, see the page: copied rows"
    write_json([drift], tmp_path / paths.FINDINGS)
    assert _doubts(Result(tmp_path)) == ""
    assert finding_tags(Result(tmp_path)) == {"lockstep.finding.drift": "Rows change."}
    write_json([], tmp_path / paths.FINDINGS)
    assert finding_tags(Result(tmp_path)) == {}
    (tmp_path / paths.FINDINGS).unlink()
    assert finding_tags(Result(tmp_path)) == {}
