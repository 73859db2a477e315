"""Targets and other numbers of the nearest rows of a place."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.features.groups._places import others, places, stem

# Numbers of neighbours of which the target is averaged, and of which the other columns are.
OF_TARGET, OF_OTHERS = [5, 15, 50], [20]
MAX_OTHERS = 8
# In degrees, half a kilometre: a neighbour at the same place does not get all the weight.
OFFSET, FOLDS = 0.0045, 10


class NearestRows(FeatureGroup):
    """Means of the target and of other numbers over the rows that are nearest to a place."""

    made_of = ("place", "number")

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        averaged = rows.by_importance(others(rows), MAX_OTHERS)
        steps = list[StepSettings]()
        for place in places(rows):
            shared = {
                "columns": [place.y, place.x],
                "power": 1.0,
                "folds": FOLDS,
                **({"scale": {place.x: place.scale(rows.frame)}, "offset": OFFSET} if place.degrees else {}),
            }
            target = {"name": f"near_{stem(place)}", "k": OF_TARGET, "spread": True, "distance": True}
            steps.append({"step": "neighbours", **shared, **target})
            if averaged:
                steps.append(
                    {"step": "neighbours", **shared, "name": f"around_{stem(place)}", "k": OF_OTHERS, "of": averaged}
                )
        return steps
