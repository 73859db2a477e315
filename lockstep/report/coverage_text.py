"""The coverage of the prediction intervals in sentences, for the page and the terminal."""

from collections.abc import Mapping
from typing import Any

from lockstep.evaluate.coverage import GROUPS, PARTS, coverage_verdict
from lockstep.report.templates import number, percent

JUDGED = {
    "below": "less than promised",
    "kept": "in keeping with the promise",
    "above": "more than promised, so that they are wider than they need to be",
    "unknown": "too few {} to judge the promise",
}
# What a promise that rests on earlier rows assumes.
FORWARD = (
    "The promise assumes that later rows are like the training rows: where the target drifts, the intervals contain"
    " fewer rows than promised, and ever fewer as time goes on."
)
GROUPED = (
    "The promise holds on average over groups like those of the training rows: the rows of one group lie inside or"
    " outside together, so that a single new group may have far more, or far fewer, of its rows inside."
)


def coverage_sentence(interval: Mapping[str, Any], confidence: float) -> str:
    """The share of the test rows inside, its interval, and what that says of the promise.

    Args:
        interval: From lockstep.evaluate.coverage.interval_coverage.
        confidence: Level of the interval of the share.
    """
    verdict, units = coverage_verdict(interval), _units(interval)
    ends = "" if verdict == "unknown" else f" ({percent(confidence)} interval {_ends(interval)}{_resting_on(interval)})"
    return (
        f"The {percent(interval['nominal'])} prediction intervals contain {percent(interval['coverage'])} of the test"
        f" rows{ends}: {JUDGED[verdict].format(units)}."
    )


def least_sentence(interval: Mapping[str, Any]) -> str | None:
    """The group, or the part of the time, with the lowest coverage; None where there is none to name."""
    if interval.get("least_coverage") is None:
        return None
    of_all = "consecutive parts of the test rows" if PARTS in interval else "groups"
    return (
        f"The lowest coverage of {number(interval.get(PARTS, interval.get(GROUPS)))} {of_all} is"
        f" {percent(interval['least_coverage'])}, of {number(interval['least_rows'])} rows."
    )


def _ends(interval: Mapping[str, Any]) -> str:
    return f"{percent(interval['coverage_low'])} to {percent(interval['coverage_high'])}"


def _units(interval: Mapping[str, Any]) -> str:
    return "groups" if GROUPS in interval else "rows"


def _resting_on(interval: Mapping[str, Any]) -> str:
    if GROUPS in interval:
        return f" from {number(interval[GROUPS])} groups"
    return f" from {number(interval[PARTS])} consecutive parts" if PARTS in interval else ""
