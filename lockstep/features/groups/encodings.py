"""Categories by the mean of their target and by how often they occur."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows

# Values from which a mean is worth more than the category itself, and columns that are encoded.
MIN_VALUES, MAX_COLUMNS = 3, 10


class Encodings(FeatureGroup):
    """The mean target of each value of a category, learned from other rows, and the number of its rows."""

    made_of = ("category",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        columns = [column for column in rows.of_type("category") if rows.distinct(column) >= MIN_VALUES]
        return [
            {"step": step, "columns": [column]}
            for step in ("target_encode", "count")
            for column in rows.by_importance(columns, MAX_COLUMNS)
        ]
