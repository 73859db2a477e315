"""Linear models of the nearest rows of a place."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.features.groups._places import others, places, stem

COUNTS = [30, 60]
MAX_INPUTS = 6


class LocalModels(FeatureGroup):
    """The prediction of a linear model that is fitted on the rows nearest to a place."""

    made_of = ("place", "number")

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        inputs = rows.by_importance(others(rows), MAX_INPUTS)
        return [
            {
                "step": "local_linear",
                "name": f"local_{stem(place)}",
                "columns": [place.y, place.x],
                "inputs": inputs,
                "logs": inputs,
                "k": COUNTS,
                **({"scale": {place.x: place.scale(rows.frame)}} if place.degrees else {}),
            }
            for place in places(rows)
            if inputs
        ]
