"""Lift in the first 5 percent."""

from lockstep.metrics.kinds.lift_1 import Lift1


class Lift5(Lift1):
    """Share of the class in the 5% of rows with its highest probabilities, divided by its share in all rows.

    As `lift_1`.
    """

    label = "lift (top 5%)"
    greater_is_better = True
    target = "classes"
    order = 95
    top = 0.05
