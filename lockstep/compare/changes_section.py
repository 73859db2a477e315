"""Differences between the settings: choices in params.yaml, search spaces, enqueued configurations."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lockstep.compare.document import Block, Bullets, Line, Name, ReportTable, Section, listed, text
from lockstep.compare.pair import Pair
from lockstep.report.templates import UNKNOWN, range_text

# Shown in the parts about the search space and the enqueued configurations.
OMITTED = ("tune.enqueue",)
DECIDING_ROWS = ("dataset", "seed", "split.")
DECIDING_SCORE = (
    "booster.objective",
    "booster.metric",
    "booster.quantile",
    "booster.huber_slope",
    "booster.variance_power",
)


def changes(pair: Pair) -> Section:
    """Parameters and search space changed."""
    return Section("What was changed", (*_choices(pair), *_code(pair), *_space(pair), *_enqueued(pair)))


def changed(pair: Pair) -> dict[str, tuple[Any, Any]]:
    """Choices that differ, by name: A's and B's value; None where a side has no such choice."""
    a, b = pair.a.result.params, pair.b.result.params
    names = [name for name in dict.fromkeys([*a, *b]) if name not in OMITTED]
    return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}


def changed_rows(pair: Pair) -> list[str]:
    """Choices that differ and determine the test rows."""
    return [name for name in changed(pair) if name.startswith(DECIDING_ROWS)]


def changed_score(pair: Pair) -> list[str]:
    """Choices that differ and determine the objective or the metric."""
    return [name for name in changed(pair) if name in DECIDING_SCORE] if not pair.same_score else []


def _choices(pair: Pair) -> list[Block]:
    choices = changed(pair)
    if not choices:
        return [text("The choices in params.yaml are the same.")]
    rows = tuple((Name(name), _display(a), _display(b)) for name, (a, b) in choices.items())
    return [ReportTable("Choices that differ", ("choice in params.yaml", "A", "B"), rows)]


def _display(value: Any) -> str:
    return UNKNOWN if value is None else str(value)


def _code(pair: Pair) -> list[Block]:
    """Differences outside params.yaml: rows, feature steps, versions of the libraries."""
    a, b = (side.result.search["settings"] for side in pair)
    lines = list[Line]()
    if not pair.same_folds:
        lines.append(("The training rows or their folds differ.",))
    elif pair.verdict.comparable:
        lines.append(("The training and test rows are the same.",))
    if a["rows_as"] != b["rows_as"]:
        lines.append(("The target, the feature steps or the split strategy of the training rows differ.",))
        lines += _steps(a["rows_as"]["features"], b["rows_as"]["features"])
    versions = {name: (a["versions"].get(name), b["versions"].get(name)) for name in {**a["versions"], **b["versions"]}}
    lines += [
        (f"{name}: {_display(before)} in A, {_display(after)} in B.",)
        for name, (before, after) in versions.items()
        if before != after
    ]
    return [Bullets(tuple(lines))] if lines else []


def _steps(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The feature steps that only one side has, whether it was written or chosen."""
    lines = list[Line]()
    for letter, own, others in (("A", a, b), ("B", b, a)):
        if only := [f"{step['step']} ({_read_by(step)})" for step in own if step not in others]:
            lines.append((f"Feature steps only in {letter}: ", *listed(only), "."))
    return lines


def _read_by(step: Mapping[str, Any]) -> str:
    """What a step is told apart by: its name, or the columns it lists."""
    if step.get("name"):
        return str(step["name"])
    for keys in (("columns",), ("together",), ("column",), ("x", "y"), ("start", "end")):
        if values := [step[key] for key in keys if step.get(key)]:
            return ", ".join(_column_names(values))
    return ""


def _column_names(values: Sequence[Any]) -> list[str]:
    """Names in lists of names, or of lists of names."""
    nested = [_column_names(each) if isinstance(each, list | tuple) else [str(each)] for each in values]
    return [name for names in nested for name in names]


def _space(pair: Pair) -> list[Block]:
    a, b = pair.a.result.space, pair.b.result.space
    rows = tuple(
        (Name(name), range_text(a.get(name)), range_text(b.get(name)), _kind(a.get(name), b.get(name)))
        for name in dict.fromkeys([*a, *b])
        if a.get(name) != b.get(name)
    )
    if not rows:
        return [text("The search space is the same.")]
    same = [name for name in a if a[name] == b.get(name)]
    unchanged: list[Block] = [text("Parameters with the same range: ", *listed(same), ".")] if same else []
    return [ReportTable("Search spaces", ("search space", "A", "B", "change"), rows), *unchanged]


def _kind(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str:
    if a is None or b is None:
        return "new" if a is None else "removed"
    if "choices" in a or "choices" in b:
        return "other choices"
    wider, narrower = (b["low"] <= a["low"], b["high"] >= a["high"]), (b["low"] >= a["low"], b["high"] <= a["high"])
    if all(wider) and all(narrower):
        return "other steps"
    return "wider" if all(wider) else "narrower" if all(narrower) else "moved"


def _enqueued(pair: Pair) -> list[Block]:
    """Configurations that were tried first."""
    a, b = (side.result.search["settings"]["enqueue"] for side in pair)
    if not a and not b:
        return []
    if a == b:
        return [text(f"The same {len(a)} configurations were enqueued.")]
    lines: list[Line] = [(f"Enqueued configurations: {len(a)} in A, {len(b)} in B.",)]
    for letter, own, others in (("A", a, b), ("B", b, a)):
        only = (params for params in own if params not in others)
        lines += [(f"Only in {letter}: ", Name(json.dumps(params, ensure_ascii=False))) for params in only]
    return [Bullets(tuple(lines))]
