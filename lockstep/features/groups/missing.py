"""Which values are missing."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows

MAX_COLUMNS = 20


class Missing(FeatureGroup):
    """Whether a value is missing, of columns in which some are."""

    made_of = ("any",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        columns = [column for column in rows.types if rows.frame[column].isna().any()]
        return [
            {"step": "missing_indicator", "columns": [column]} for column in rows.by_importance(columns, MAX_COLUMNS)
        ]
