"""Parts of dates."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.features.groups._dates import has_clock_times

PARTS = ["year", "month", "day", "weekday", "day_of_year"]


class Dates(FeatureGroup):
    """Year, month, day, weekday and day of the year of dates, and the hour of those with a clock time."""

    made_of = ("date",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        return [
            {"step": "date_parts", "columns": [column], "parts": [part]}
            for column in rows.of_type("date")
            for part in [*PARTS, *(["hour"] if has_clock_times(rows, column) else [])]
        ]
