"""reports/index.html: one self-contained page that needs no network."""

import base64
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.data.tables import replacing
from lockstep.judging.baselines import MOST_ROWS
from lockstep.judging.findings import THIS_MODEL, Findings
from lockstep.model.saved import Training
from lockstep.report.templates import environment, model_name

CAPTIONS = {"feature_shap": "SHAP values of the features"}
CLASS_CAPTIONS = {"predicted_vs_actual": "confusion matrix", "residuals": "probability of the actual class"}
# A best value this close to an end of its range, as a share of the range, has perhaps not found its best.
AT_BOUND = 0.02


def write_page(
    path: Path,
    *,
    about: Mapping[str, Any],
    found: Findings,
    repeated: Mapping[str, Any],
    best: Mapping[str, Any],
    training: Training,
    search: Mapping[str, Any],
    figures: Sequence[Path],
) -> None:
    """Render the page.

    Args:
        path: Where to write it.
        about: target, metric, score (its name for people), n_classes, train_rows, test_rows, n_features, confidence,
            split, folds, group (the column whose groups were resampled, or None) and coordinates of the run.
        found: What the evaluation found.
        repeated: The content of repeated.json.
        best: The content of best_params.json.
        training: How the final model was fitted.
        search: The content of search.json.
        figures: PNG files, embedded in this order.
    """
    judgement = found.judgement
    page = (
        environment()
        .get_template("page.html.jinja")
        .render(
            about=about,
            metrics=list(judgement.test),
            # It needs the number of features, which not every baseline has.
            baseline_metrics=[name for name in judgement.test if name != "adjusted_r2"],
            rows=[("test", judgement.test), ("cross-validation", judgement.cv), ("training", judgement.train)],
            uncertainty=found.uncertainty,
            interval={record["metric"]: record for record in found.uncertainty["intervals"]},
            gap=found.gap,
            baselines=_baselines(found.baselines),
            no_line=bool(about["n_classes"]) and "logistic_regression" not in found.baselines["model"].tolist(),
            better=_above(found.baselines),
            sampled=MOST_ROWS if about["train_rows"] > MOST_ROWS else None,
            gates=found.gates,
            repeated=repeated,
            slices=_slices(found.slices),
            slice_metrics=[name for name in found.slices.columns if name not in ("by", "slice", "rows", "score")],
            calibration=_records(found.calibration),
            shap_rows=len(found.shap.x),
            best=best,
            training=training,
            parameters=list(dict.fromkeys([*search["settings"]["space"], *training.params])),
            search=search,
            at_bound=[name for name, bounds in search["settings"]["space"].items() if at_bound(best, name, bounds)],
            figures=[
                (_caption(file, about["n_classes"]), base64.b64encode(file.read_bytes()).decode("ascii"))
                for file in figures
            ],
        )
    )
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")


def at_bound(best: Mapping[str, Any], name: str, bounds: Mapping[str, Any]) -> bool:
    """Whether the best value of a parameter lies at an end of its range."""
    value = best["params"].get(name)
    if "choices" in bounds or isinstance(value, bool | str | None) or bounds["low"] == bounds["high"]:
        return False
    scale = math.log if bounds.get("log") else float
    low, high, here = scale(bounds["low"]), scale(bounds["high"]), scale(value)
    return min(here - low, high - here) <= AT_BOUND * (high - low)


def _baselines(table: pd.DataFrame) -> list[dict[str, Any]]:
    records = _records(table)
    for record in records:
        record["own"] = record["model"] == THIS_MODEL
        record["model"] = model_name(record["model"])
    return records


def _above(table: pd.DataFrame) -> list[str]:
    """Baselines that do better than the model."""
    place = table["model"].tolist().index(THIS_MODEL)
    return [model_name(name) for name in table["model"].tolist()[:place]]


def _slices(table: pd.DataFrame) -> list[tuple[str, list[dict[str, Any]]]]:
    """Slices in groups; `share` compares a slice's score with the largest of its group, for the bar behind it."""
    groups = []
    for by, group in itertools.groupby(_records(table), key=lambda record: record["by"]):
        records = list(group)
        largest = max((record["score"] or 0 for record in records), default=0)
        for record in records:
            record["name"] = record["slice"].removeprefix(f"{by}: ")
            record["share"] = round(100 * (record["score"] or 0) / largest, 1) if largest > 0 else 0
        groups.append((by, records))
    return groups


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _caption(file: Path, n_classes: int) -> str:
    known = CAPTIONS | CLASS_CAPTIONS if n_classes else CAPTIONS
    return known.get(file.stem, file.stem.replace("_", " "))
