"""Five configurations that together pass through most of the code whose results DVC keeps."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lockstep.guards.text.yaml_file import read_yaml
from tests.made_tables import write
from tests.pipeline.project import Project

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Configuration:
    """What one pipeline runs with.

    Attributes:
        settings: Values of params.yaml by their names with dots; the rest is as shipped.
        made_table: Name of a table in tests/made_tables.py that the dataset beside this file is about.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    made_table: str | None = None

    def apply(self, project: Project) -> None:
        """Set the project's params.yaml, and add the made table with its dataset file."""
        file = project.folder / "params.yaml"
        params = read_yaml(file)
        for name, value in self.settings.items():
            *blocks, key = name.split(".")
            block = params
            for each in blocks:
                block = block[each]
            block[key] = value
        file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        if self.made_table is not None:
            write(self.made_table, project.folder, MADE_ROWS)
            name = f"{params['dataset']}.yaml"
            shutil.copyfile(HERE / name, project.folder / "datasets" / name)


MADE_ROWS = 2_000
QUICK = {"tune.max_rounds": 200, "train_best.n_models": 2}
CONFIGURATIONS = {
    "diabetes": Configuration(),
    "california": Configuration(
        {
            "dataset": "california_housing",
            "features": "raw",
            "tune.space": "housing7",
            "tune.n_trials": 10,
            "train_best.n_models": 2,
            "train_best.interval": 0.9,
        }
    ),
    "spotify": Configuration(
        {
            "dataset": "spotify_songs",
            "split.strategy": "group",
            "split.group": "track_artist",
            "tune.n_trials": 6,
            **QUICK,
        }
    ),
    "two_classes": Configuration(
        {
            "dataset": "two_classes",
            "booster.metric": "auc",
            "split.strategy": "stratified",
            "tune.n_trials": 8,
            "evaluate.protocol": "repeated",
            "evaluate.repeats": 2,
            **QUICK,
        },
        made_table="bank_churn",
    ),
    "six_classes": Configuration(
        {
            "dataset": "six_classes",
            "tune.n_trials": 6,
            "tune.pruner": "median",
            "train_best.learning_rate_factor": 0.5,
            **QUICK,
        },
        made_table="crops",
    ),
}
