"""One result of the pipeline, read back from DVC's outputs in the working directory."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep import paths
from lockstep.config import read_yaml
from lockstep.data.tables import read_json, read_table
from lockstep.errors import DataError
from lockstep.judging.findings import THIS_MODEL
from lockstep.report.search_history import read_trials

NEEDED = (
    paths.TRAIN,
    paths.BEST_PARAMS,
    paths.SEARCH,
    paths.TRIALS,
    paths.MODEL / "model.json",
    paths.METRICS,
    paths.GATES,
    paths.PREDICTIONS,
    paths.BASELINES,
    paths.UNCERTAINTY,
    paths.REPEATED,
)


@dataclass(frozen=True)
class PipelineResult:
    """What the last run of the pipeline left in the working directory.

    Raises:
        DataError: from `read`, if an output is missing.
    """

    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    gates: Mapping[str, Any]
    best: Mapping[str, Any]
    training: Mapping[str, Any]
    search: Mapping[str, Any]
    trials: pd.DataFrame

    @classmethod
    def read(cls) -> "PipelineResult":
        """Read the outputs."""
        missing = [str(path) for path in NEEDED if not path.exists()]
        if missing:
            raise DataError(f"{missing[0]}: no such file; run `dvc repro` first")
        search = read_json(paths.SEARCH)
        return cls(
            params=_effective(read_yaml(paths.PARAMS)),
            metrics=flat(read_json(paths.METRICS)) | _further_metrics(),
            gates=read_json(paths.GATES),
            best=read_json(paths.BEST_PARAMS),
            training=read_json(paths.MODEL / "model.json")["training"],
            search=search,
            trials=read_trials(paths.TRIALS, search["settings"]["space"]),
        )

    @cached_property
    def key(self) -> str:
        """sha256 over the parameters and every output but the page: the same result has the same key."""
        digest = hashlib.sha256(json.dumps(self.params, sort_keys=True).encode())
        outputs = (paths.BEST_PARAMS, paths.SEARCH, paths.TRIALS, paths.PREDICTIONS, *self.reports())
        for path in (*outputs, *sorted(file for file in paths.MODEL.rglob("*") if file.is_file())):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def tags(self) -> dict[str, str]:
        """Where the result came from."""
        tags = {
            "lockstep.result": self.key,
            "lockstep.dataset": str(self.params["dataset"]),
            "lockstep.features": str(self.params["features"]),
            "lockstep.study_key": self.search["study_key"],
            "lockstep.data_sha256": self.search["settings"]["data_sha256"],
            "lockstep.gates": self.gates["gates_overall"],
        }
        optional = {"dvc.exp_name": os.environ.get("DVC_EXP_NAME"), "git.commit": _git_commit()}
        return tags | {name: value for name, value in optional.items() if value}

    def chosen(self) -> dict[str, Any]:
        """Every choice that was made: the parameters, the best trial's, and what the final model does otherwise."""
        final = {name: self.training[name] for name in ("n_rounds", "learning_rate_factor")}
        if "learning_rate" in self.training["params"]:
            final["learning_rate"] = self.training["params"]["learning_rate"]
        return {
            **self.params,
            **{f"best.{name}": value for name, value in self.best["params"].items()},
            "best.n_rounds": self.best["n_rounds"],
            **{f"final.{name}": value for name, value in final.items()},
        }

    def reports(self) -> list[Path]:
        """The tables and metrics of the evaluation."""
        tables = [file for file in paths.EVALUATE.glob("*") if file.suffix in (".csv", ".json")]
        return [paths.METRICS, paths.GATES, *sorted(tables)]

    def figures(self) -> list[Path]:
        """The PNG files of the evaluation."""
        return sorted(paths.EVALUATE.glob("*.png"))

    def example(self, columns: list[str]) -> pd.DataFrame:
        """Five training rows with the model's input columns; whole numbers as floats, which may be missing."""
        rows = read_table(paths.TRAIN)[columns].head(5)
        return rows.astype({name: float for name in columns if pd.api.types.is_numeric_dtype(rows[name])})


def refuse_other_params() -> None:
    """Make sure that params.yaml and the dataset file still hold what dvc.lock says the outputs were made with.

    Raises:
        DataError: naming the first setting that was changed since.
    """
    lock = read_yaml(Path("dvc.lock"))
    for stage in lock["stages"].values():
        for file, settings in stage.get("params", {}).items():
            now = read_yaml(Path(file))
            for key, made_with in settings.items():
                found = _at(now, key)
                if found != made_with:
                    raise DataError(f"{file}: {key} was changed since the outputs were made; run `dvc repro` first")


def _at(node: Any, key: str) -> Any:
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined with dots; lists become JSON text."""
    return dict(_leaves(nested, prefix))


def _leaves(nested: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, list) else value


def _further_metrics() -> dict[str, Any]:
    """Numbers outside metrics.json: the test metrics' intervals, the repeated protocol and every other baseline."""
    sure, again = read_json(paths.UNCERTAINTY), read_json(paths.REPEATED)
    found = {f"test.{each['metric']}.{end}": each[end] for each in sure["intervals"] for end in ("low", "high")}
    found |= flat({key: value for key, value in sure.items() if not isinstance(value, list)}, "test.")
    for each in again.get("metrics", []):
        found |= flat({key: value for key, value in each.items() if key != "metric"}, f"repeated.{each['metric']}.")
    table = pd.read_csv(paths.BASELINES)
    for _, row in table[table["model"] != THIS_MODEL].iterrows():
        values = {name: row[name] for name in table.columns[5:] if pd.notna(row[name])}
        found |= flat(values, f"baseline.{row['model']}.")
    return found


def _effective(params: Mapping[str, Any]) -> dict[str, Any]:
    """All choices, flattened, with the chosen pruner's options and without spaces and pruners not chosen."""
    chosen = {key: value for key, value in params.items() if key not in ("spaces", "pruners")}
    # Its keys are features, whose names MLflow may refuse in the name of a parameter.
    monotone = json.dumps(params["booster"]["monotone"], sort_keys=True, ensure_ascii=False)
    chosen["booster"] = {**params["booster"], "monotone": monotone}
    pruner = params["tune"]["pruner"]
    return flat(chosen) | flat(params["pruners"][pruner], f"pruners.{pruner}.")


def _git_commit() -> str | None:
    answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return answer.stdout.strip() if answer.returncode == 0 else None
