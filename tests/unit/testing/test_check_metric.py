"""check_metric says where a metric must have a value."""

import pytest

from lockstep import Metric, Numbers
from lockstep.testing import check_metric


class TwoOnly(Metric):
    """The mean probability of the actual class, of two."""

    label = "two"
    target = "classes"
    greater_is_better = True

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return None


def test_a_metric_without_a_value_is_told_what_to_do() -> None:
    with pytest.raises(AssertionError, match=r"60 rows of 2 classes; perfect and noisy .* limit it; .* classes=2"):
        check_metric(TwoOnly)
