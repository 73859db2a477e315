"""What an evaluation says of its intervals: the units between which errors vary, and where to doubt them."""

from typing import Any

from lockstep.evaluate.own_coverage import own_coverage
from lockstep.evaluate.uncertainty import Sampled
from lockstep.evaluate.units import Units
from lockstep.storage.tables import significant

# Below this number of independent units intervals of an error contain the true value too rarely (docs/decisions.md).
FEW_UNITS = 12
# Below this number there is no interval.
LEAST_UNITS = 2
# An interval is doubted if it contains the true value so much more rarely than it says.
TOLERANCE = 0.025
DIGITS = 3


def sampling_record(
    score: Sampled | None,
    units: Units,
    group: str | None,
    time: str | None,
    *,
    confidence: float,
    samples: int,
    seed: int,
) -> dict[str, Any]:
    """How the intervals of an evaluation were made, for uncertainty.json.

    Args:
        score: The score of the test rows; None if it is undefined.
        units: How they are related.
        group: The column whose groups the split keeps together.
        time: The column by which the split goes forward.
        confidence: Of the intervals.
        samples: Resamples for the coverage.
        seed: Seed of their draws.

    Returns:
        units (rows, groups, moments, or groups and moments), the columns, how many there are, as how many independent
        ones of equal size they count, the estimated coverage, and notes of what to doubt.
    """
    found = score.estimate if score else None
    coverage = own_coverage(score, confidence, samples, seed) if score and found else None
    effective = significant(found.spread.units, DIGITS) if found else None
    clusterings = units.clusterings
    one_moment = units.moment is not None and not any(clustering.ordered for clustering in clusterings)
    record: dict[str, Any] = {
        "units": " and ".join(
            name
            for name, used in (
                ("groups", units.group is not None),
                ("moments", units.moment is not None and not one_moment),
            )
            if used
        )
        or "rows",
        "group": group,
        "time": time,
        "count": clusterings[0].count,
        "independent": effective,
        "coverage": coverage,
    }
    return record | {"notes": _notes(record, score, confidence, one_moment)}


def method(record: dict[str, Any]) -> str:
    """How an interval was made, as the rest of a sentence in parentheses."""
    count, independent = f"{record['count']:,}", record["independent"]
    as_many = f" that say as much as {independent:,.4g} independent ones" if independent is not None else ""
    units = {
        "rows": f"{count} independent test rows",
        "groups": f"{count} groups of equal {record['group']}{as_many}",
        "moments": f"{count} moments of {record['time']} in their order{as_many}",
        "groups and moments": f"{count} groups of equal {record['group']} and the moments of {record['time']}",
    }[record["units"]]
    return f"Student's t with a correction for skewness, from {units}"


def _notes(record: dict[str, Any], score: Sampled | None, confidence: float, one_moment: bool) -> list[str]:
    """Sentences about what to doubt."""
    notes = list[str]()
    if one_moment:
        notes.append(
            f"All test rows are of one moment of {record['time']} and count as independent: what they share, such as a"
            " good or bad year, is not in the interval."
        )
    if score is not None and record["independent"] is None:
        notes.append(
            f"There are too few {record['units']} for an interval: {record['count']:,}, and they must say as much as"
            f" {LEAST_UNITS} of equal size."
        )
    elif record["independent"] is not None and record["independent"] < FEW_UNITS:
        notes.append(
            f"The {record['units']} say no more than {record['independent']:.3g} independent ones: of so few an"
            " interval of an error contains the true value less often than it says, in simulations in 90 to 93% of"
            " cases where it says 95%."
        )
    if score is not None and score.estimate is not None and score.estimate.spread.error == 0:
        notes.append(
            f"The {score.metric.label} is the same in each of the tested {record['units']}: they show nothing of how it"
            " varies, so it has no interval."
        )
    coverage = record["coverage"]
    if score is not None and coverage is not None and coverage >= confidence - TOLERANCE:
        notes.append(
            f"The errors of the test rows have heavy tails: of such errors the interval of the {score.metric.label}"
            " contains the true value less often than it says, in simulations in 86 to 94% of cases where it says 95%."
        )
    elif score is not None and coverage is not None:
        notes.append(
            f"A few test rows have errors so large that the interval of the {score.metric.label} is doubtful: where"
            f" errors have a tail like theirs, it contains the true value in about {100 * coverage:.0f}% of cases"
            f" instead of {100 * confidence:.4g}%."
        )
    return notes
