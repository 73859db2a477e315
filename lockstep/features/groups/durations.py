"""Times between dates."""

import itertools

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows

MAX_DATES = 4


class Durations(FeatureGroup):
    """The time between two dates of a row."""

    made_of = ("date",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        dates = rows.by_importance(rows.of_type("date"), MAX_DATES)
        return [
            {"step": "difference", "name": f"{start}_until_{end}", "start": start, "end": end}
            for start, end in itertools.combinations(dates, 2)
        ]
