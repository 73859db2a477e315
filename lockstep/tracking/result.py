"""One result of the pipeline, read back from DVC's outputs."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.errors import DataError, kind_and_reason
from lockstep.evaluate.differences import test_rows_digest
from lockstep.evaluate.findings import THIS_MODEL
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project import paths
from lockstep.search.trials_file import read_trials
from lockstep.storage.tables import read_json, read_table
from lockstep.tracking.limits import fitting_param
from lockstep.tracking.lock_file import declared
from lockstep.tracking.trial_runs import TrialRun, trial_runs

REPORTS = (paths.METRICS, paths.GATES, paths.INDEX, paths.DATA_QUALITY, paths.TRIALS, paths.LEARNING_CURVE)
NEEDED = (
    paths.TRAIN,
    paths.TEST,
    paths.BEST_PARAMS,
    paths.SEARCH,
    paths.MODEL / "model.json",
    paths.PREDICTIONS,
    paths.BASELINES,
    paths.UNCERTAINTY,
    paths.REPEATED,
    *REPORTS,
)


@dataclass(frozen=True)
class PipelineResult:
    """What a run of the pipeline left in a folder: the working directory, or a copy of a revision's outputs.

    Raises:
        DataError: from `read`, naming the file, if an output is missing or not what this version writes.
    """

    root: Path
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    gates: Mapping[str, Any]
    best: Mapping[str, Any]
    training: Mapping[str, Any]
    search: Mapping[str, Any]
    trials: list[TrialRun]

    @classmethod
    def read(cls, root: Path = Path(), *, exported: bool = False) -> "PipelineResult":
        """Read the outputs; what `lockstep export` wrote has no training rows."""
        needed = [path for path in NEEDED if path != paths.TRAIN or not exported]
        missing = [str(path) for path in needed if not (root / path).exists()]
        if missing:
            raise DataError(f"{missing[0]}: no such file; run `dvc repro` first")
        search = _object(root, paths.SEARCH)
        with _named(paths.SEARCH):
            space, score = dict(search["settings"]["space"]), str(search["score"])
            cost = {f"cost.{name}": float(value) for name, value in search["cost"].items()}
        with _named(paths.TRIALS):
            trials = trial_runs(read_trials(root / paths.TRIALS, space), space, score)
        with _named(paths.MODEL / "model.json"):
            training = dict(_object(root, paths.MODEL / "model.json")["training"])
        return cls(
            root=root,
            params=_params(root),
            metrics=_metrics(root) | cost,
            gates=_object(root, paths.GATES),
            best=_object(root, paths.BEST_PARAMS),
            training=training,
            search=search,
            trials=trials,
        )

    @property
    def dataset(self) -> str:
        """The dataset's name, which is the experiment's in MLflow."""
        return str(self.params["dataset"])

    @cached_property
    def key(self) -> str:
        """sha256 over the parameters and every output but the page: the same result has the same key."""
        digest = hashlib.sha256(json.dumps(self.params, sort_keys=True).encode())
        outputs = (paths.BEST_PARAMS, paths.SEARCH, paths.TRIALS, paths.PREDICTIONS, *self._tables())
        for path in (*(self.root / each for each in outputs), *self.model_files()):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def tags(self) -> dict[str, str]:
        """What the result is and was made of; where it stands is told by Provenance."""
        versions = self.search["settings"]["versions"]
        return {
            "lockstep.result": self.key,
            "lockstep.dataset": self.dataset,
            "lockstep.features": str(self.params["features"]),
            "lockstep.study_key": self.search["study_key"],
            "lockstep.data_sha256": self.search["settings"]["data_sha256"],
            "lockstep.test_rows_sha256": test_rows_digest(read_table(self.root / paths.PREDICTIONS)),
            "lockstep.gates": self.gates["gates_overall"],
            **{f"lockstep.version.{name}": exact for name, exact in versions.items()},
        }

    def chosen(self) -> dict[str, str]:
        """Every choice that was made: the parameters, the best trial's, and what the final model does otherwise."""
        final = {name: self.training[name] for name in ("n_rounds", "learning_rate_factor")}
        if "learning_rate" in self.training["params"]:
            final["learning_rate"] = self.training["params"]["learning_rate"]
        chosen = {
            **self.params,
            **{f"best.{name}": value for name, value in self.best["params"].items()},
            "best.n_rounds": self.best["n_rounds"],
            **{f"final.{name}": value for name, value in final.items()},
        }
        return {name: fitting_param(str(value)) for name, value in sorted(chosen.items())}

    def tables(self) -> dict[str, str]:
        """md5 of the training and the test table, the hashes that dvc.lock has of them."""
        return {
            path.stem: hashlib.md5((self.root / path).read_bytes(), usedforsecurity=False).hexdigest()
            for path in (paths.TRAIN, paths.TEST)
        }

    @property
    def keyed(self) -> set[str]:
        """Artefacts that are part of the key: those of one result are the same wherever it stands."""
        files = (paths.BEST_PARAMS, paths.SEARCH, paths.TRIALS, paths.PREDICTIONS, *self._tables())
        return {str(path) for path in files}

    def artifacts(self) -> list[str]:
        """Outputs that MLflow keeps beside the model, under the names they have in the repository."""
        wanted = [paths.BEST_PARAMS, paths.SEARCH, paths.PREDICTIONS, *REPORTS]
        there = [path for path in wanted if (self.root / path).is_file()]
        return sorted(map(str, {*there, *self._evaluation}))

    def model_files(self) -> list[Path]:
        """All files of the model."""
        return sorted(file for file in (self.root / paths.MODEL).rglob("*") if file.is_file())

    def _tables(self) -> list[Path]:
        """The metrics and tables of the evaluation."""
        return [paths.METRICS, paths.GATES, *(file for file in self._evaluation if file.suffix in (".csv", ".json"))]

    @cached_property
    def _evaluation(self) -> list[Path]:
        """Outputs in reports/evaluate/; what else lies there is a person's own."""
        files = sorted(file for file in declared(self.root, "evaluate") if file.parent == paths.EVALUATE)
        return [file for file in files if (self.root / file).is_file()]


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined with dots; lists become JSON text."""
    return dict(_leaves(nested, prefix))


def _leaves(nested: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, list) else value


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What an output holds and should not, whoever wrote it, is told in one line that names it."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        what = kind_and_reason(error)
        raise DataError(
            f"{path}: is damaged, or was written by another version of Lockstep ({what}); run `dvc repro`"
        ) from error


def _object(root: Path, path: Path) -> dict[str, Any]:
    with _named(path):
        content = read_json(root / path)
        if not isinstance(content, dict):
            raise TypeError(f"it holds {type(content).__name__}, no object")
        return content


def _metrics(root: Path) -> dict[str, float]:
    """Every number of the evaluation; what is undefined is left out."""
    found = dict[str, float]()
    for path, numbers in NUMBERS.items():
        with _named(path):
            found |= {name: float(value) for name, value in numbers(root).items() if value is not None}
    return found


def _tested(root: Path) -> dict[str, Any]:
    return flat(_object(root, paths.METRICS))


def _sure(root: Path) -> dict[str, Any]:
    """The test metrics' intervals."""
    sure = _object(root, paths.UNCERTAINTY)
    found = {f"test.{each['metric']}.{end}": each[end] for each in sure["intervals"] for end in ("low", "high")}
    return found | flat({key: value for key, value in sure.items() if not isinstance(value, list)}, "test.")


def _repeated(root: Path) -> dict[str, Any]:
    """The repeated protocol."""
    found = dict[str, Any]()
    for each in _object(root, paths.REPEATED).get("metrics", []):
        found |= flat({key: value for key, value in each.items() if key != "metric"}, f"repeated.{each['metric']}.")
    return found


def _baselines(root: Path) -> dict[str, Any]:
    """Every baseline but the model itself."""
    found, table = dict[str, Any](), pd.read_csv(root / paths.BASELINES)
    for _, row in table[table["model"] != THIS_MODEL].iterrows():
        values = {name: row[name] for name in table.columns[5:] if pd.notna(row[name])}
        found |= flat(values, f"baseline.{row['model']}.")
    return found


# Where the numbers of the evaluation stand.
NUMBERS: Mapping[Path, Callable[[Path], dict[str, Any]]] = {
    paths.METRICS: _tested,
    paths.UNCERTAINTY: _sure,
    paths.REPEATED: _repeated,
    paths.BASELINES: _baselines,
}


def _params(root: Path) -> dict[str, Any]:
    params = read_yaml(root / paths.PARAMS)
    with _named(paths.PARAMS):
        return _effective(params)


def _effective(params: Mapping[str, Any]) -> dict[str, Any]:
    """All choices, flattened, with the chosen pruner's options and without spaces and pruners not chosen."""
    chosen = {key: value for key, value in params.items() if key not in ("spaces", "pruners")}
    # Its keys are features, whose names MLflow may refuse in the name of a parameter.
    monotone = json.dumps(params["booster"]["monotone"], sort_keys=True, ensure_ascii=False)
    chosen["booster"] = {**params["booster"], "monotone": monotone}
    pruner = params["tune"]["pruner"]
    return flat(chosen) | flat(params["pruners"][pruner], f"pruners.{pruner}.")
