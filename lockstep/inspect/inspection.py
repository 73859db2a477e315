"""The inspection of a whole table."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.cleaning import MIN_ROWS
from lockstep.errors import DataError
from lockstep.guards.text.messages import brief, listed, shown
from lockstep.inspect.fillers import filler_notes, missing_word_notes
from lockstep.inspect.findings import NO_FEATURE, Finding, Role, TableFindings
from lockstep.inspect.leaks import formulas, late_dates, leak_reason, near_leaks, outcomes, relatives
from lockstep.inspect.notation import with_notation
from lockstep.inspect.notations.missing import missing_texts
from lockstep.inspect.reading import ReadColumn, decode_dictionary, read_columns
from lockstep.inspect.roles import describe_column, format_number
from lockstep.inspect.rows.relations import find_relations
from lockstep.inspect.rows.structure import SplitAdvice
from lockstep.inspect.rows.total_row import total_column
from lockstep.inspect.target_choice import describe_target
from lockstep.project.settings import ROW_ID


def inspect(
    table: pa.Table,
    target: str,
    *,
    as_classes: bool = False,
    weight: str | None = None,
    exposure: str | None = None,
) -> TableFindings:
    """Inspect every value of a table.

    Args:
        table: Text columns as in a CSV file, or typed ones.
        target: Name of the column to predict.
        as_classes: Whether integers of the target are classes even if there are many.
        weight: Name of the column of the rows' weights.
        exposure: Name of the column of their exposures.

    Raises:
        DataError: if there is no such column, too few rows or columns, or no feature.
    """
    named: dict[Role, str | None] = {"weight": weight, "exposure": exposure}
    weighing = {role: name for role, name in named.items() if name is not None}
    _check_table(table, target)
    missing = missing_texts(table, target)
    reads = read_columns(table, missing, target)
    words = _words_of(table.column(target), missing, reads[target])
    _check_weighing(weighing, target)
    goal = describe_target(reads[target], words, as_classes=as_classes, has_exposure=exposure is not None)
    if goal.classes and exposure is not None:
        raise DataError(f"--exposure: target {target!r} names classes, which have no exposure; leave the option out")
    if table.num_rows - goal.missing < MIN_ROWS:
        raise DataError(f"target {target!r}: {table.num_rows - goal.missing} rows have a value; {MIN_ROWS} are needed")
    findings = {name: with_notation(describe_column(read), read) for name, read in reads.items()}
    findings[target] = with_notation(
        replace(findings[target], type=goal.type, role="target", why="the target"), reads[target]
    )
    findings = _without_copies(_without_leaks(findings, reads, target, classes=bool(goal.classes)), reads)
    for role, name in weighing.items():
        findings[name] = _weighing(reads, name, role)
    if all(finding.role in NO_FEATURE for finding in findings.values()):
        reasons = "; ".join(f"{shown(name)}: {finding.why}" for name, finding in findings.items() if name != target)
        raise DataError(f"no column is left to learn {target!r} from: {brief(reasons)}"[:500])
    left = [reads[name] for name in (target, *_candidates(findings))]
    notes = [f"{read.name}: {note}" for read in reads.values() for note in read.notes]
    notes += filler_notes(left if not goal.classes else left[1:], target)
    notes += missing_word_notes((findings[read.name], read) for read in left[1:])
    notes += outcomes(left[1:], reads[target]) if goal.classes else near_leaks(left[1:], reads[target])
    relations = find_relations(findings, reads, target, classes=bool(goal.classes))
    findings = _without_groups(findings, relations.split)
    return TableFindings(
        table.num_rows, goal, tuple(findings.values()), missing, tuple(notes), relations, total_column(reads.values())
    )


def _check_weighing(weighing: Mapping[Role, str], target: str) -> None:
    """Refuse one column for two purposes."""
    for role, name in weighing.items():
        if name == target:
            raise DataError(f"--{role}: column {shown(name)!r} is the target; name another column")
    if len(set(weighing.values())) < len(weighing):
        raise DataError(f"--weight and --exposure name the same column, {shown(weighing['weight'])!r}; leave one out")


def _weighing(reads: Mapping[str, ReadColumn], name: str, role: Role) -> Finding:
    """The column of weights or exposures.

    Raises:
        DataError: if there is no such column, or it has no numbers.
    """
    if name not in reads:
        raise DataError(f"--{role}: there is no column {shown(name)!r}; there are: {listed(list(reads))}")
    read = reads[name]
    if not read.is_number:
        raise DataError(f"--{role}: column {shown(name)!r} is of type {read.type}; name a column of numbers")
    values = read.values.dropna()
    why = f"the {role}; {format_number(values.min())} to {format_number(values.max())}"
    zeros, average = int((values == 0).sum()), float(values.mean()) if len(values) else 1.0
    finding = Finding(name, read.type, role, why, read.missing, read.distinct, zeros=zeros, mean=average)
    return with_notation(finding, read)


def _check_table(table: pa.Table, target: str) -> None:
    names = table.column_names
    if len(names) < 2:
        raise DataError(f"the table has one column, {names[0]!r}; a target and at least one other column are needed")
    if target not in names:
        candidates = difflib.get_close_matches(target, names, n=1) or [
            name for name in names if name.strip().lower() == target.strip().lower()
        ]
        suggestion = f", did you mean {candidates[0]!r}?" if candidates else ""
        raise DataError(f"--target {shown(target)}: the table has no such column{suggestion}; it has: {listed(names)}")
    if target == ROW_ID:
        raise DataError("--target row_id: the name is reserved for the pipeline; rename the column in the file")
    if table.num_rows < MIN_ROWS:
        raise DataError(f"the table has {table.num_rows} rows; at least {MIN_ROWS} are needed")


def _words_of(column: pa.ChunkedArray, missing: tuple[str, ...], read: ReadColumn) -> pd.Series:
    """The target's values as written in the file, or as its entry maps them; missing ones are missing."""
    if read.type == "text":
        return read.values
    try:
        texts = pc.cast(decode_dictionary(column), pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pd.Series(dtype="str")
    absent = pa.array([*missing, *read.odd], pa.string())
    words: pd.Series = pc.if_else(pc.is_in(texts, absent), None, texts).to_pandas()
    return words


def _without_leaks(
    findings: Mapping[str, Finding], reads: Mapping[str, ReadColumn], target: str, *, classes: bool
) -> dict[str, Finding]:
    candidates = _candidates(findings)
    reasons = {name: leak_reason(reads[name], reads[target], classes=classes) for name in candidates}
    late = late_dates([reads[name] for name in candidates if not reasons[name]], reads[target], classes=classes)
    reasons |= {found.column: found.text for found in late if found.is_leak}
    if not classes:
        suspects = {name for name, reason in reasons.items() if reason}
        formula_of = formulas([reads[name] for name in candidates], reads[target], suspects)
        reasons = {name: reason or formula_of.get(name, "") for name, reason in reasons.items()}
        reasons |= relatives([reads[name] for name in candidates if not reasons[name]], reads[target])
    return {
        name: replace(finding, role="leak", why=reasons[name]) if reasons.get(name) else finding
        for name, finding in findings.items()
    }


def _candidates(findings: Mapping[str, Finding]) -> list[str]:
    return [name for name, finding in findings.items() if finding.role not in NO_FEATURE]


def _without_copies(findings: Mapping[str, Finding], reads: Mapping[str, ReadColumn]) -> dict[str, Finding]:
    """Mark columns that contain no more information for trees than an earlier one."""
    result, earlier = dict[str, Finding](), dict[tuple[str, str], str]()
    for name, finding in findings.items():
        result[name] = finding
        if finding.role not in ("plain", "encoded", "parts", "words"):
            continue
        relation, content = _content(reads[name].values, finding)
        key = (relation, sha256(content).hexdigest())
        if key in earlier:
            why = f"{relation} {earlier[key]!r} in every row"
            result[name] = replace(finding, type="ignore", role="copy", why=why, facts={})
        earlier.setdefault(key, name)
    return result


def _content(values: pd.Series, finding: Finding) -> tuple[str, bytes]:
    """A column's information for trees: the order of quantities, the groups of a category, whole texts and dates."""
    if finding.type == "category":
        return "names the same rows as", pd.factorize(values)[0].tobytes()
    if finding.type in ("text", "date"):
        return "equals", repr(values.tolist()).encode()
    return "orders the rows like", np.asarray(values.rank(method="dense"), dtype=np.float64).tobytes()


def _without_groups(findings: Mapping[str, Finding], split: SplitAdvice) -> dict[str, Finding]:
    """The names of groups are no features where the test rows have other ones."""
    result = dict(findings)
    if split.group is not None and len(_candidates(findings)) > 1:
        why = f"{findings[split.group].why}; names groups, of which the test rows have others"
        result[split.group] = replace(findings[split.group], role="identifier", why=why)
    return result
