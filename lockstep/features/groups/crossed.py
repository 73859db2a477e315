"""Pairs of categories encoded as one."""

import itertools

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows

MAX_COLUMNS = 4


class Crossed(FeatureGroup):
    """The mean target of each combination of two categories."""

    made_of = ("category", "boolean")

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        columns = [column for column in rows.of_type("category", "boolean") if rows.distinct(column) > 1]
        return [
            {"step": "target_encode", "together": [list(pair)]}
            for pair in itertools.combinations(rows.by_importance(columns, MAX_COLUMNS), 2)
        ]
