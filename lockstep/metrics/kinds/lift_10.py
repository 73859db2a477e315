"""Lift in the first 10 percent."""

from lockstep.metrics.kinds.lift_1 import Lift1


class Lift10(Lift1):
    """Share of the class in the 10% of rows with its highest probabilities, divided by its share in all rows.

    As `lift_1`.
    """

    label = "lift (top 10%)"
    greater_is_better = True
    target = "classes"
    order = 100
    top = 0.1
