"""The page's section about the table."""

from typing import Any

from lockstep.report import table_figures
from lockstep.report.drawing import drawn
from lockstep.report.pictures import Picture
from lockstep.report.run import Run
from lockstep.report.templates import number


def data_section(run: Run) -> dict[str, Any]:
    """Rows by cleaning rule and split, columns with what is missing, and the target's distribution."""
    quality, clean = run.quality, run.quality["rows"]["clean"]
    columns = [dict.fromkeys(("min", "median", "mean", "max", "distinct")) | column for column in quality["columns"]]
    return {
        "rows": quality["rows"],
        "rules": [rule | {"dropped": rule["rows_in"] - rule["rows_out"]} for rule in quality["rules"]],
        "columns": [column | {"share": column["missing"] / clean if clean else 0} for column in columns],
        "n_missing": sum(column["missing"] > 0 for column in columns),
        "used": run.model.features.columns,
        "picture": _target(run),
    }


def _target(run: Run) -> Picture:
    target = run.model.target
    train, test = target.values(run.train), target.values(run.test)
    if target.classes:
        chart = table_figures.target_classes(train, test, target.labels)
        what = f"Bars: share of each of the {target.n_classes} classes of {target.column} in training and in test rows."
    else:
        chart = table_figures.target_numbers(train, test, target.column)
        what = (
            f"Histogram of {target.column} in training and in test rows, from {number(float(train.min()))} to"
            f" {number(float(train.max()))}, median {number(float(run.train[target.column].median()))} in training."
        )
    return Picture.of(drawn(chart), what, "The target in training and test rows; the two should look alike.")
