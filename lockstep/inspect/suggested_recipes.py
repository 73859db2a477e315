"""Feature recipes for an inspected table, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.features.step import STEPS
from lockstep.inspect.findings import Finding, TableFindings, Type
from lockstep.inspect.rows.places import place_steps

StepData = dict[str, Any]
# With more values, `full` only has an encoded category's encodings: trees split codes of many values by chance.
MAX_CODES = 50
TOP_PARTS = 20
# Pairs of dates, and of times of day, whose difference is a feature.
MAX_PAIRS = 6
DAY = 86400  # seconds
# Options of multi_value and the suffix of each one's feature; the names of `top` are known only after fitting.
FEATURE_SUFFIXES = {"top": "is", "count": "n_parts", "encode": "target"}


@dataclass(frozen=True)
class SuggestedRecipe:
    """A recipe, and the features left out because a column or an earlier step has their name."""

    steps: list[StepData]
    left_out: list[str]


def suggested_recipes(findings: TableFindings, renamed: Mapping[str, str]) -> dict[str, SuggestedRecipe]:
    """The recipes `raw`, the columns unchanged, and `full`, with all derived features.

    Args:
        findings: The inspected table.
        renamed: Names after cleaning, where they differ.
    """

    def names(columns: list[Finding]) -> list[str]:
        return [renamed.get(column.name, column.name) for column in columns]

    derived = [
        *_dates(findings.of("plain"), names),
        *_differences(findings.of("plain"), names, "date", {}),
        *_differences(findings.of("plain"), names, "time", {"period": DAY}),
        *_calendars(findings),
        *_encodings(findings.of("encoded"), names),
        *_parts(findings.of("parts"), names),
        *_step("text", names(findings.of("words"))),
        *_words(findings.of("words"), names),
        *_step("missing_indicator", names(findings.of("presence"))),
        *_places(findings, renamed),
    ]
    raw = _step("columns", names(findings.of("plain", "encoded")))
    plain = [column for column in findings.of("plain", "encoded") if column.role == "plain" or _has_few(column)]
    full = _step("columns", names(plain))
    # a table of texts only has no columns to use unchanged
    return {"raw": _without_clashes(raw or derived), "full": _without_clashes([*full, *derived])}


def _has_few(column: Finding) -> bool:
    return column.distinct <= MAX_CODES


def _step(step: str, columns: list[str]) -> list[StepData]:
    return [{"step": step, "columns": columns}] if columns else []


Names = Callable[[list[Finding]], list[str]]


def _words(columns: list[Finding], names: Names) -> list[StepData]:
    """One step per text; words of a personal one would stand in the names of features, so it gets none of its own."""
    return [
        {"step": "words", "column": name, **({"top": 0} if column.personal else {})}
        for column, name in zip(columns, names(columns), strict=True)
    ]


def _dates(columns: list[Finding], names: Names) -> list[StepData]:
    """One step per set of date parts that vary; the date itself is a plain column."""
    steps: dict[tuple[str, ...], list[Finding]] = {}
    for column in columns:
        if column.date_parts:
            steps.setdefault(column.date_parts, []).append(column)
    return [{"step": "date_parts", "columns": names(dates), "parts": list(parts)} for parts, dates in steps.items()]


def _differences(columns: list[Finding], names: Names, kind: Type, options: StepData) -> list[StepData]:
    """Of pairs of columns of a type the second one minus the first, in the file's order; neighbours come first."""
    of_kind = names([column for column in columns if column.type == kind])
    pairs = [pair for distance in range(1, len(of_kind)) for pair in zip(of_kind, of_kind[distance:], strict=False)]
    return [
        {"step": "difference", "name": f"{start}_to_{end}", "start": start, "end": end, **options}
        for start, end in pairs[:MAX_PAIRS]
    ]


def _calendars(findings: TableFindings) -> list[StepData]:
    """The weekday and the day of the year of dates whose parts are columns; the parts are features themselves."""
    days = [calendar.name for calendar in findings.relations.calendars if "day" in calendar.parts]
    return [{"step": "date_parts", "columns": days, "parts": ["weekday", "day_of_year"]}] if days else []


def _places(findings: TableFindings, renamed: Mapping[str, str]) -> list[StepData]:
    """The steps of the places near which rows are alike."""
    places = [place for place in findings.relations.places if place.helps]
    return [
        step
        for number, place in enumerate(places, start=1)
        for step in place_steps(
            renamed.get(place.y, place.y), renamed.get(place.x, place.x), place.scale, f"near_{number}"
        )
    ]


def _encodings(columns: list[Finding], names: Names) -> list[StepData]:
    return [*_step("target_encode", names(columns)), *_step("count", names(columns))]


def _parts(columns: list[Finding], names: Names) -> list[StepData]:
    """One step per column; parts of a personal one would stand in the names of features, so it gets none of its own."""
    return [
        {
            "step": "multi_value",
            "column": name,
            "separator": column.separator,
            **({} if column.personal else {"top": min(TOP_PARTS, column.n_parts)}),
            "count": True,
            "encode": True,
        }
        for column, name in zip(columns, names(columns), strict=True)
    ]


def _without_clashes(steps: list[StepData]) -> SuggestedRecipe:
    """The steps without the columns and parts that would create a feature whose name is taken."""
    taken, accepted, left_out = set[str](), list[StepData](), list[str]()
    for step in steps:
        clashes = _features_of(step) & taken
        left_out += sorted(clashes)
        for reduced in _without(step, clashes) if clashes else [step]:
            accepted.append(reduced)
            taken |= _features_of(reduced)
    return SuggestedRecipe(accepted, left_out)


def _features_of(step: StepData) -> set[str]:
    return set(STEPS.parse(step).makes())


def _without(step: StepData, clashes: set[str]) -> list[StepData]:
    """A step without the features that clash; the other parts of a date stay, of a place nothing does."""
    if step["step"] in ("rotate", "neighbours"):
        return []
    if step["step"] == "multi_value":
        rest = {
            key: value for key, value in step.items() if f"{step['column']}_{FEATURE_SUFFIXES.get(key)}" not in clashes
        }
        return [rest] if FEATURE_SUFFIXES.keys() & rest.keys() else []
    if step["step"] == "date_parts":
        parts = {
            column: [part for part in step["parts"] if f"{column}_{part}" not in clashes] for column in step["columns"]
        }
        return [step | {"columns": [column], "parts": remaining} for column, remaining in parts.items() if remaining]
    if step["step"] == "words":
        return [step | {"encode": False}]
    if step["step"] == "difference":
        return []
    columns = [column for column in step["columns"] if not _features_of(step | {"columns": [column]}) & clashes]
    return [step | {"columns": columns}] if columns else []
