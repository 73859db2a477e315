"""Columns of texts are recognised as times of day and durations, and nothing else is."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lockstep.clean.column_block import Column
from lockstep.inspect.notations.proposal import Proposal
from lockstep.inspect.notations.span_notation import propose_durations, propose_times


def _propose(propose: Callable[..., Proposal | None], texts: Sequence[str], name: str) -> Proposal | None:
    proposal = propose(name, Counter(texts))
    if proposal is not None:
        Column.model_validate(dict(proposal.facts))
    return proposal


@pytest.mark.parametrize(
    ("texts", "name", "formats"),
    [
        (["9:30", "12:05", "23:59"], "c", []),
        (["09:30:10", "12:05:11.5", "23:59:59"], "c", []),
        (["9:30 am", "12:05 PM", "1:10 p.m."], "c", []),
        (["9:30", "12:05", "23:59", "7:15", "unknown"], "c", []),
        (["9h30", "12h05", "7h00"], "c", ["%Hh%M"]),
        (["3 PM", "4 am", "5 a.m."], "c", ["%I %p"]),
        (["3pm", "4AM", "5am"], "c", ["%I%p"]),
        (["9.30 am", "10.15 pm", "1.00 pm"], "c", ["%I.%M %p"]),
        (["14:30 Uhr", "9:15 Uhr", "10:00 Uhr"], "c", ["%H:%M Uhr"]),
        (["0930", "1205", "2359"], "departureTime", ["%H%M"]),
    ],
)
def test_times_of_day_are_recognised(texts: list[str], name: str, formats: list[str]) -> None:
    proposal = _propose(propose_times, texts, name)
    assert proposal is not None
    assert proposal.facts == {"type": "time", **({"format": formats} if formats else {})}
    assert proposal.odd == set(texts) & {"unknown"}
    assert _propose(propose_durations, texts, name) is None


@pytest.mark.parametrize(
    ("texts", "name", "formats"),
    [
        (["1h 30m", "2h", "45m", "3h 5m", "TBD"], "c", []),
        (["1 hour 5 minutes", "20 minutes", "2 hours"], "c", []),
        (["PT45M", "PT1H", "PT3M20S"], "c", []),
        (["2 days 03:00:00", "0 days 01:00:00", "1 day, 2:00:00"], "c", []),
        (["1:02:03", "25:00:00", "3:04:05"], "c", []),
        ([f"{hour}:46:40" for hour in range(1, 26)], "c", []),
        (["-1:00:00", "0:30:00", "0:10:00"], "c", []),
        (["1:02:03", "2:00:00", "3:04:05"], "finish_time", []),
        (["3:45", "4:01", "2:59"], "duration", ["%M:%S"]),
        (["1:02.35", "0:59.2", "1:04.7"], "lap", ["%M:%S"]),
        (["1:02:03", "45:10", "59:59"], "runtime", ["%H:%M:%S", "%M:%S"]),
        ([f"{7 * step}:{11 * step % 60:02d}" for step in range(20)], "c", ["%M:%S"]),
        (["105:30", "90:15", "7:00"], "flight_hours", ["%H:%M"]),
    ],
)
def test_durations_are_recognised(texts: list[str], name: str, formats: list[str]) -> None:
    proposal = _propose(propose_durations, texts, name)
    assert proposal is not None
    assert proposal.facts == {"type": "duration", **({"format": formats} if formats else {})}
    assert bool(proposal.notes) == (formats == ["%M:%S"])
    assert proposal.odd == set(texts) & {"TBD"}
    assert _propose(propose_times, texts, name) is None


def test_years_and_months_are_numbers_of_days() -> None:
    proposal = _propose(propose_durations, ["2 years", "1 year", "3 weeks", "1 month", "5 days"], "age")
    assert proposal is not None
    assert proposal.facts == {
        "type": "number",
        "scale": {"days": 1, "month": 30.4375, "weeks": 7, "year": 365.25, "years": 365.25},
    }


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["21:19", "20:18", "15:13"], "score"),
        (["25:23", "25:19", "21:25"], "c"),
        (["16:9", "4:3", "21:9"], "c"),
        ([f"{30 + step}:{9 * step:02d}" for step in range(10)], "c"),
        (["12 min", "13 min", "15 min"], "c"),
        (["90 kg", "5 lb", "3 lb"], "c"),
        (["0930", "1205", "2359"], "code"),
        (["5", "6", "7"], "time"),
        (["12.30", "13.15", "9.05"], "time"),
        (["09:00-17:00", "10:00-18:00", "8:00-12:00"], "hours"),
        (["9h", "10h", "12h"], "c"),
        (["2020-01-01", "2020-01-02"], "time"),
        (["red", "green"], "time"),
        ([], "time"),
    ],
)
def test_what_only_resembles_times_is_none(texts: list[str], name: str) -> None:
    proposals: list[Any] = [_propose(propose, texts, name) for propose in (propose_times, propose_durations)]
    assert proposals == [None, None]
