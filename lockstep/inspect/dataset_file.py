"""The text of a dataset file for an inspected table, with the reason beside every decision."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.fetch.source import FileSource
from lockstep.guards.text.messages import brief
from lockstep.inspect.findings import Finding, Role, TableFindings
from lockstep.inspect.roles import how_to_keep
from lockstep.inspect.rows.structure import copies_text
from lockstep.inspect.suggested_recipes import suggested_recipes
from lockstep.inspect.yaml_text import flow

WIDTH, COMMENT_AT = 118, 44
MAX_SLICES = 12
# Means of weights that are left as they are: numbers of copies, or shares, are near 1.
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0
METRIC = "metric: null    # judges models of this table where booster.metric is auto; null: that of the objective"
HEADER = """\
Written by `lockstep new-dataset`; facts about one table, yours to correct. A comment says why; change the line and
run again. Types: number, integer, boolean, category, text (kept, no feature by itself), date, time, duration, ignore.
docs/bring-your-own-table.md explains every decision, and how to say in what notation a column is written. No bounds are
guessed: add min and max where values must not leave a range."""
TOTAL = "the last row has few values, as a total under the table has; a real row? Take the rule out"
FULL = "full"
AUTOMATIC = (
    "  auto:                                     # full, and what stage tune finds worth adding: docs/features-auto.md",
    "    start: *full",
)
WEIGHING: dict[Role, str] = {
    "weight": "a column of numbers: a row of weight 2 counts as two rows",
    "exposure": "a column of numbers: the time or amount in which a count came about",
}


def dataset_text(
    findings: TableFindings, source: FileSource, about: str, renamed: Mapping[str, str], reasons: Mapping[str, str]
) -> str:
    """The YAML text.

    Args:
        findings: The inspected table.
        source: The source of the table.
        about: One line about it.
        renamed: Names after cleaning, where those in the file are not allowed.
        reasons: Why settings of the source have their values.
    """
    blocks = [
        [
            *_comment(HEADER),
            f"about: {flow(about)}    # say what a row is",
            *_target(findings, renamed),
            METRIC,
            *_weighing(findings, renamed),
        ],
        _source(source, reasons),
        _split_hints(findings, renamed),
        [
            *(line for note in findings.notes for line in _comment(note)),
            f'missing_values: {flow(findings.missing_values or [""])}    # texts that mean "no value"',
        ],
        ["columns:", *(line for column in findings.columns for line in _column(column))],
        _clean(findings, renamed),
        _features(findings, renamed),
        _judging(findings, renamed),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _target(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    target = findings.target
    column = flow(renamed.get(target.column, target.column))
    notes = [line for note in target.notes for line in _comment(note)]
    if not target.classes:
        return [f"target: {column}", *notes]
    second = [] if len(target.classes) > 2 else _comment(f"the second class, {target.classes[1]}, is the positive one")
    return ["target:", f"  column: {column}", *_wrapped("  classes: ", target.classes), *second, *notes]


def _weighing(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    lines = []
    for role, meaning in WEIGHING.items():
        names = [renamed.get(column.name, column.name) for column in findings.of(role)]
        lines.append(_with_comment(f"{role}: {flow(names[0]) if names else 'null'}", meaning))
    return lines


def _source(source: FileSource, reasons: Mapping[str, str]) -> list[str]:
    lines = ["source:", f"  kind: {source.kind_name()}"]
    lines.append(f"  path: {flow(source.path)}" if source.path else f"  urls: {flow(source.urls)}")
    lines.append(_with_comment(f"  sha256: {source.sha256}", "a file with other bytes is refused"))
    options = source.model_dump(exclude={"path", "urls", "sha256"}, exclude_defaults=True)
    for name, value in options.items():
        if isinstance(value, tuple):
            lines += [*_comment(reasons.get(name, ""), "  "), *_wrapped(f"  {name}: ", value)]
        else:
            lines.append(_with_comment(f"  {name}: {flow(value)}", reasons.get(name, "")))
    return lines


def _split_hints(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    """The split that the printed command uses, and others that the evidence does not settle."""
    split = findings.relations.split
    advised = [split] if split.strategy is not None else []
    return [line for advice in [*advised, *split.hints] for line in _comment(advice.text(renamed))]


def _column(column: Finding) -> list[str]:
    """The entry of a column on one line if it is short enough, else a key per line; its reason behind or above."""
    entry = {"type": column.type, **column.facts}
    if column.type != "ignore":
        entry |= {"missing": True} if column.missing else {}
        entry |= {"personal": True} if column.personal else {}
    reason = f"LEAK? {column.why}; not in the recipes" if column.role == "leak" else column.why
    if column.missing and column.role not in ("empty", "unreadable"):
        reason = f"{reason}; {column.missing} missing" if reason else f"{column.missing} missing"
    reason = "; ".join(part for part in (reason, how_to_keep(column)) if part)
    lines = _entry(f"  {flow(column.name)}:", entry)
    first = _with_comment(lines[0], reason)
    if len(first) <= WIDTH and len(lines) == 1:
        return [first]
    return [*_comment(reason, "  "), *lines]


def _entry(key: str, entry: Mapping[str, Any]) -> list[str]:
    line = f"{key} {{{', '.join(f'{name}: {flow(value)}' for name, value in entry.items())}}}"
    if len(line) <= WIDTH:
        return [line]
    lines = [key]
    for name, value in entry.items():
        if isinstance(value, Mapping):
            lines += [f"    {name}:", *(f"      {flow(text)}: {flow(item)}" for text, item in value.items())]
        elif isinstance(value, list | tuple):
            lines += _wrapped(f"    {name}: ", value)
        else:
            lines.append(f"    {name}: {flow(value)}")
    return lines


def _clean(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    rules = []
    if renamed:
        names = ", ".join(f"{flow(old)}: {flow(new)}" for old, new in renamed.items())
        rules += _comment("XGBoost refuses [, ] and <, the pipeline row_id and fold", "  ")
        rules.append(f"  - {{rule: rename, columns: {{{names}}}}}")
    if findings.total is not None:
        rule = f"  - {{rule: drop_missing, columns: [{flow(renamed.get(findings.total, findings.total))}]}}"
        rules.append(_with_comment(rule, TOTAL))
    if findings.target.missing:
        target = flow(renamed.get(findings.target.column, findings.target.column))
        rule = f"  - {{rule: drop_missing, columns: [{target}]}}"
        rules.append(_with_comment(rule, f"{findings.target.missing} rows without a target"))
    for column in findings.of("weight", "exposure"):
        name = flow(renamed.get(column.name, column.name))
        if column.missing:
            rule = f"  - {{rule: drop_missing, columns: [{name}]}}"
            rules.append(_with_comment(rule, f"{column.missing} rows without {column.role}"))
        if column.zeros:
            rule = f"  - {{rule: drop_values, column: {name}, values: [0]}}"
            rules.append(_with_comment(rule, f"{column.zeros} rows with {column.role} 0"))
        if column.role == "weight" and not LEAST_WEIGHT <= column.mean <= MOST_WEIGHT:
            rules += _comment(
                "min_child_weight and reg_lambda weigh against sums of weights: their mean is made 1", "  "
            )
            rules.append(f"  - {{rule: scale, column: {name}, divide_by: {column.mean:.4g}}}")
    for calendar in findings.relations.calendars:
        parts = ", ".join(f"{part}: {flow(renamed.get(column, column))}" for part, column in calendar.parts.items())
        rules.append(f"  - {{rule: date_of, name: {calendar.name}, {parts}}}")
    copies, hints = _copies(findings, renamed)
    rules += copies
    return ["clean:" if rules else "clean: []", *rules, *hints]


def _copies(findings: TableFindings, renamed: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The rule that drops copies where chance does not explain them, or a hint that shows it."""
    copies = findings.relations.copies
    if not copies.rows:
        return [], []
    columns = flow(
        renamed.get(column.name, column.name)
        for column in findings.columns
        if column.type != "ignore" and column.role != "identifier"
    )
    rule = f"{{rule: drop_duplicates, keep: first, columns: {columns}}}"
    if copies.accidental:
        return [
            *_comment(f"{copies_text(copies)}; a row that should count twice? Take the rule out", "  "),
            f"  - {rule}",
        ], []
    return [], _comment(
        f"{copies_text(copies)}, as rows of few different values do. Where it is an accident, add {rule}", "  "
    )


def _features(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    left_out = [column.name for column in findings.of("leak")]
    lines = ["features:"]
    if left_out:
        lines += _comment(f"left out because they may know the target: {', '.join(left_out)}", "  ")
        known = " or ".join(flow([renamed.get(name, name)]) for name in left_out[:MAX_SLICES])
        lines += _comment(
            f"add those that are known when you predict, and no others: {{step: columns, columns: {known}}}", "  "
        )
    for place in findings.relations.places:
        lines += _comment(f"{place.y} and {place.x} are a place: {place.why}", "  ")
    for recipe, suggestion in suggested_recipes(findings, renamed).items():
        lines.append(f"  {recipe}: &{recipe}" if recipe == FULL else f"  {recipe}:")
        if suggestion.left_out:
            names = ", ".join(suggestion.left_out)
            lines += _comment(f"left out because a column or another step has the name: {names}", "    ")
        for step in suggestion.steps:
            lines += _step_lines(step)
    return [*lines, *AUTOMATIC]


def _judging(findings: TableFindings, renamed: Mapping[str, str]) -> list[str]:
    """Slices by categories, and the coordinates if there are any."""
    categories = [
        column for column in findings.of("plain", "encoded") if column.type == "category" and not column.personal
    ]
    few = [column for column in categories if column.distinct <= MAX_SLICES][:2]
    many = sorted(
        (column for column in categories if column.distinct > MAX_SLICES), key=lambda column: -column.distinct
    )[:1]
    slices = [
        f"    - {{by: {by}, column: {flow(renamed.get(column.name, column.name))}}}"
        for by, columns in (("value", few), ("seen", many))
        for column in columns
    ]
    personal = {column.name for column in findings.columns if column.personal}
    place = next((place for place in findings.relations.places if personal.isdisjoint((place.y, place.x))), None)
    coordinates = flow([renamed.get(name, name) for name in (place.y, place.x)]) if place else "null"
    return [
        _with_comment("judging:", "parts of the test rows that get metrics of their own"),
        "  slices:" if slices else "  slices: []",
        *slices,
        _with_comment(f"  coordinates: {coordinates}", "two columns that are a place"),
    ]


def _step_lines(step: Mapping[str, Any]) -> list[str]:
    options = [f"{key}: {flow(value)}" for key, value in step.items() if key != "columns"]
    columns = step.get("columns")
    line = f"    - {{{', '.join(options)}" + (f", columns: {flow(columns)}}}" if columns else "}")
    if len(line) <= WIDTH or columns is None:
        return [line]
    block = [f"    - {options[0]}", *(f"      {option}" for option in options[1:])]
    return [*block, *_wrapped("      columns: ", columns)]


def _comment(text: str, indent: str = "") -> list[str]:
    """Comment lines of at most WIDTH characters."""
    clean = brief(text)
    start = f"{indent}# "
    return textwrap.TextWrapper(
        WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False, break_long_words=False
    ).wrap(clean)


def _with_comment(line: str, comment: str) -> str:
    """A line followed by a comment."""
    clean = brief(comment)
    return f"{line.ljust(COMMENT_AT)}  # {clean}" if clean else line


def _wrapped(key: str, values: Iterable[Any]) -> list[str]:
    """A key with a list, wrapped to several lines."""
    lines, line = [], f"{key}["
    for position, value in enumerate(values):
        text = f"{', ' if position else ''}{flow(value)}"
        if position and len(line) + len(text) > WIDTH - 2:
            lines.append(f"{line},")
            line, text = " " * (len(key) + 1), flow(value)
        line += text
    return [*lines, f"{line}]"]
