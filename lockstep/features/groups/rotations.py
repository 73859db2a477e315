"""Coordinates of places along other directions."""

from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.features.groups._places import places

ANGLES = [15, 30, 45, 60, 75, 105, 120, 135, 150, 165]


class Rotations(FeatureGroup):
    """Coordinates of each place along ten other directions, so that a split may cut at an angle."""

    made_of = ("place",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        return [{"step": "rotate", "x": place.x, "y": place.y, "angles": ANGLES} for place in places(rows)]
