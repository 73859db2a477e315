"""Dates as positions in the day, the week and the year."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.features.groups._dates import has_clock_times


class Cycles(FeatureGroup):
    """Where in the day, the week and the year a date lies, as sine and cosine, which are alike at both ends."""

    made_of = ("date",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        return [
            {"step": "cyclic", "columns": [column], "period": period}
            for column in rows.of_type("date")
            for period in [*(["day"] if has_clock_times(rows, column) else []), "week", "year"]
        ]
