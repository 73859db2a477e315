"""A linear model's prediction."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows


class LinearModel(FeatureGroup):
    """The prediction of a linear model of the numbers, learned from other rows."""

    made_of = ("number",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        columns = rows.numbers()
        return [{"step": "linear", "columns": columns, "name": "linear_model"}] if len(columns) > 1 else []
