"""Numbers beside those of the rows of the same category."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows

MAX_CATEGORIES, MAX_NUMBERS = 3, 4


class NumbersByCategory(FeatureGroup):
    """The mean of a number over the rows of the same category, and the row's difference from it and rank in it."""

    made_of = ("category", "number")

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        categories = [column for column in rows.of_type("category", "boolean") if rows.distinct(column) > 1]
        numbers = rows.by_importance(rows.numbers(), MAX_NUMBERS)
        return [
            {"step": "group_statistics", "columns": numbers, "by": [by], "statistics": ["mean", "deviation", "rank"]}
            for by in rows.by_importance(categories, MAX_CATEGORIES)
            if numbers
        ]
