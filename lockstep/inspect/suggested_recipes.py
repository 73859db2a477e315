"""Feature recipes for an inspected table, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from lockstep.features.features_block import Step
from lockstep.inspect.findings import Finding, TableFindings

StepData = dict[str, Any]
# With more values than this an encoded category is no plain code in `full`: trees split codes of many values by chance.
MAX_CODES = 50
TOP_PARTS = 20
# Options of multi_value and the feature that each makes; of `top`, the names are known only once fitted.
MADE_BY = {"top": "is", "count": "n_parts", "encode": "target"}


@dataclass(frozen=True)
class SuggestedRecipe:
    """A recipe, and the features that it lacks because a column or an earlier step has their name."""

    steps: list[StepData]
    left_out: list[str]


def suggested_recipes(findings: TableFindings, renamed: Mapping[str, str]) -> dict[str, SuggestedRecipe]:
    """The recipes `raw`, columns as they come, and `full`, with all that is made of them.

    Args:
        findings: The inspected table.
        renamed: Names after cleaning, where they differ.
    """

    def names(columns: list[Finding]) -> list[str]:
        return [renamed.get(column.name, column.name) for column in columns]

    made = [
        *_dates(findings.of("plain"), names),
        *_encodings(findings.of("encoded"), names),
        *_parts(findings.of("parts"), names),
        *_step("text", names(findings.of("words"))),
    ]
    raw = _step("columns", names(findings.of("plain", "encoded")))
    plain = [column for column in findings.of("plain", "encoded") if column.role == "plain" or _has_few(column)]
    full = _step("columns", names(plain))
    # a table of nothing but texts has no columns to take as they come
    return {"raw": _without_clashes(raw or made), "full": _without_clashes([*full, *made])}


def _has_few(column: Finding) -> bool:
    return column.distinct <= MAX_CODES


def _step(step: str, columns: list[str]) -> list[StepData]:
    return [{"step": step, "columns": columns}] if columns else []


Names = Callable[[list[Finding]], list[str]]


def _dates(columns: list[Finding], names: Names) -> list[StepData]:
    """One step for all dates of which the same parts differ; the day itself is a plain column."""
    steps: dict[tuple[str, ...], list[Finding]] = {}
    for column in columns:
        if column.date_parts:
            steps.setdefault(column.date_parts, []).append(column)
    return [{"step": "date_parts", "columns": names(dates), "parts": list(parts)} for parts, dates in steps.items()]


def _encodings(columns: list[Finding], names: Names) -> list[StepData]:
    return [*_step("target_encode", names(columns)), *_step("count", names(columns))]


def _parts(columns: list[Finding], names: Names) -> list[StepData]:
    return [
        {
            "step": "multi_value",
            "column": name,
            "separator": column.separator,
            "top": min(TOP_PARTS, column.n_parts),
            "count": True,
            "encode": True,
        }
        for column, name in zip(columns, names(columns), strict=True)
    ]


def _without_clashes(steps: list[StepData]) -> SuggestedRecipe:
    """The steps but for the columns and parts of them that would make a feature whose name is taken."""
    taken, kept, left_out = set[str](), list[StepData](), list[str]()
    for step in steps:
        clashes = _makes(step) & taken
        left_out += sorted(clashes)
        for rest in _without(step, clashes) if clashes else [step]:
            kept.append(rest)
            taken |= _makes(rest)
    return SuggestedRecipe(kept, left_out)


def _makes(step: StepData) -> set[str]:
    return set(TypeAdapter(Step).validate_python(step).makes())


def _without(step: StepData, clashes: set[str]) -> list[StepData]:
    """What is left of a step without the features that clash; of a date its other parts stay."""
    if step["step"] == "multi_value":
        rest = {key: value for key, value in step.items() if f"{step['column']}_{MADE_BY.get(key)}" not in clashes}
        return [rest] if MADE_BY.keys() & rest.keys() else []
    if step["step"] == "date_parts":
        parts = {
            column: [part for part in step["parts"] if f"{column}_{part}" not in clashes] for column in step["columns"]
        }
        return [step | {"columns": [column], "parts": left} for column, left in parts.items() if left]
    columns = [column for column in step["columns"] if not _makes(step | {"columns": [column]}) & clashes]
    return [step | {"columns": columns}] if columns else []
