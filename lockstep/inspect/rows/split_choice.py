"""The split that tests a model as it will be used: by time, by groups, or at random."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lockstep.inspect.findings import Finding
from lockstep.inspect.identifiers import repeated_id_reason
from lockstep.inspect.personal import names_birth_date
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.rows.groups import GroupEvidence, group_evidence
from lockstep.inspect.rows.likeness import Codes, ComparedTarget, codes_of
from lockstep.inspect.rows.row_order import order_hint
from lockstep.inspect.rows.structure import SplitAdvice
from lockstep.inspect.rows.time_order import PERIOD_NAME, TimeEvidence, time_evidence

# The share of the rows before the test rows whose groups end before them, from which new groups can be predicted.
GROUPS_END = 0.5
TEST_FROM = 0.8
GAP = "Where the latest targets are not known yet when you predict, add the time until then as split.gap=7d"


def choose_split(
    findings: Mapping[str, Finding],
    reads: Mapping[str, ReadColumn],
    target: str,
    dates: Mapping[str, pd.Series],
    *,
    classes: bool,
    has_places: bool,
) -> SplitAdvice:
    """The split by the evidence of the rows that have a target.

    Args:
        findings: The columns with their roles.
        reads: Their values.
        target: The column to predict.
        dates: Dates whose parts are columns.
        classes: Whether the target names classes.
        has_places: Whether columns are places.
    """
    present = reads[target].values.notna().to_numpy()
    outcome = ComparedTarget.of(reads[target].values[present], classes=classes)
    features = {name: reads[name].values[present] for name in _of(findings, "plain", "encoded", "parts", "words")}
    ids = {name: reads[name].values[present] for name in _of(findings, "identifier") if repeated_id_reason(reads[name])}
    groups = group_evidence(features | ids, outcome)
    entity = next((group for group in groups if group.known), None)
    entities = None if entity is None else codes_of(reads[entity.column].values[present])
    moments = _moments(findings, reads, dates)
    members = features | {name: reads[name].values[present] for name in _of(findings, "leak") if name not in moments}
    times = _times({name: values[present] for name, values in moments.items()}, members, outcome, entities)
    series = next((time for time in times if time.is_series), None)
    if series is not None:
        return _in_time(series, entity, moments[series.column][present], entities)
    hints = [_date_hint(name, values) for name, values in moments.items() if name in dates or _is_date(findings, name)]
    hints = hints[:1] or order_hint(findings, reads, present, outcome, has_places=has_places)
    if entity is not None:
        why = f"{entity.text}: a random split tests on things that the training rows know"
        return SplitAdvice("group", group=entity.column, why=why, hints=tuple(hints))
    known = [SplitAdvice("group", group=group.column, why=f"{group.text}. To test on new ones") for group in groups[:1]]
    return SplitAdvice(hints=(*hints, *known))


def _in_time(
    series: TimeEvidence, entity: GroupEvidence | None, moments: pd.Series, entities: Codes | None
) -> SplitAdvice:
    """The split by time; where groups end before the test rows begin, later rows of other groups."""
    why = f"{series.text}: a random split tests between training rows"
    if entity is not None and entities is not None and series.members is None and _end(moments, entities):
        return SplitAdvice("group_time", series.column, entity.column, f"{why}; {entity.text}")
    gap = f". {GAP}" if series.even else ""
    return SplitAdvice("time", series.column, why=f"{why}{gap}")


def _end(moments: pd.Series, entities: Codes) -> bool:
    """Whether most of the earlier rows' groups have no later row."""
    order = moments.rank(pct=True).to_numpy()
    later = order > TEST_FROM
    return bool((~np.isin(entities[~later], entities[later])).mean() >= GROUPS_END)


def _moments(
    findings: Mapping[str, Finding], reads: Mapping[str, ReadColumn], dates: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    """The complete columns that may order the rows in time, dates first; not those of birth, which order people."""
    whole = [
        name
        for name, column in findings.items()
        if column.type == "integer" and column.role in ("plain", "identifier") and PERIOD_NAME.fullmatch(name)
    ]
    columns = {name: reads[name].values for name in findings if _is_date(findings, name)}
    columns |= {**dates, **{name: reads[name].values for name in whole}}
    return {name: values for name, values in columns.items() if values.notna().all() and not names_birth_date(name)}


def _is_date(findings: Mapping[str, Finding], name: str) -> bool:
    return name in findings and findings[name].type == "date" and findings[name].role == "plain"


def _times(
    moments: Mapping[str, pd.Series], columns: Mapping[str, pd.Series], outcome: ComparedTarget, entities: Codes | None
) -> list[TimeEvidence]:
    """The evidence of each column, one row per period before others."""
    members = {name: values for name, values in columns.items() if name not in moments}
    found = [time_evidence(name, values, outcome, members, entities) for name, values in moments.items()]
    known = [evidence for evidence in found if evidence is not None]
    return sorted(known, key=lambda each: (not each.even, each.members is None, -round(each.alike, 2)))


def _date_hint(name: str, values: pd.Series) -> SplitAdvice:
    gap = f"{GAP}. " if values.nunique() == len(values) else ""
    why = f"A random split tests on rows from the same days as the training rows. {gap}To test on later ones"
    return SplitAdvice("time", name, why=why)


def _of(findings: Mapping[str, Finding], *roles: str) -> list[str]:
    return [name for name, column in findings.items() if column.role in roles]
