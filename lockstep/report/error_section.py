"""The page's section about where the model errs."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lockstep.evaluate.findings import Findings
from lockstep.report import table_figures
from lockstep.report.drawing import drawn_all
from lockstep.report.pictures import Picture
from lockstep.report.records import records_of
from lockstep.report.run import Run

NOT_METRICS = ("by", "slice", "rows", "score")
MAP_INCHES = (6.4, 5.6)
SAID = ("row_id", "actual", "predicted", "error")


def error_section(run: Run, found: Findings, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """Figures of predictions and errors, slices, the worst rows, calibration."""
    names = ("predicted_vs_actual", "residuals", "calibration")
    return {
        "pictures": [*(pictures[name] for name in names), *_map(run, found)],
        "slices": slices_of(found),
        "metrics": [name for name in found.slices.columns if name not in NOT_METRICS],
        "calibration": records_of(found.calibration),
        "worst": records_of(found.worst),
        "worst_columns": {
            name: not pd.api.types.is_numeric_dtype(found.worst[name])
            for name in found.worst.columns
            if name not in SAID
        },
    }


def slices_of(found: Findings) -> list[tuple[str, list[dict[str, Any]]]]:
    """Slices in groups; `share` compares a slice's score with the largest of its group, for the bar behind it."""
    groups = []
    for by, group in itertools.groupby(records_of(found.slices), key=lambda record: record["by"]):
        records = list(group)
        largest = max((record["score"] or 0 for record in records), default=0)
        for record in records:
            record["name"] = record["slice"].removeprefix(f"{by}: ")
            record["share"] = round(100 * (record["score"] or 0) / largest, 1) if largest > 0 else 0
        groups.append((by, records))
    return groups


def _map(run: Run, found: Findings) -> list[Picture]:
    """Where on the map the model errs, if the dataset file names two columns that are a place."""
    if run.judging.coordinates is None:
        return []
    columns, target = table_figures.across_and_up(run.judging.coordinates), run.model.target
    places = run.test[columns].astype(np.float64).reset_index(drop=True)
    if target.classes:
        shares = found.said[[f"probability_{label}" for label in target.labels]].to_numpy()
        errors, label = 1 - shares[range(len(shares)), target.values(run.test).astype(int)], "what P(actual) lacks to 1"
    else:
        errors, label = (found.said["actual"] - found.said["predicted"]).to_numpy(), f"actual - predicted {run.target}"
    chart = table_figures.error_map(places, errors, label, signed=not target.classes)
    what = f"Map of the test rows by {columns[0]} and {columns[1]}, coloured by {label}."
    caption = "Neighbouring points of one colour are a place that the features do not know enough about."
    picture = drawn_all(lambda figure: chart(figure.add_subplot()), MAP_INCHES)
    return [Picture.of(picture, what, caption)]
