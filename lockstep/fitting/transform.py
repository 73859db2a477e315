"""Transformations of the target: the boosters see its logarithm, and predictions come back in its unit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.features.arrays import rounded
from lockstep.fitting.objective import Lowest
from lockstep.storage.tables import significant
from lockstep.table.row_weights import mean

Vector = npt.NDArray[np.float64]
# Digits of the factor that corrects the mean.
FACTOR_DIGITS = 6


@dataclass(frozen=True)
class Transform:
    """log(target + shift), rounded to 20 bits of mantissa, so that boosters see the same on every CPU.

    Attributes:
        shift: What is added before the logarithm.
    """

    shift: float

    @property
    def lowest(self) -> Lowest:
        """The least value of a target that has a transformed one."""
        return Lowest(0.0 - self.shift, included=False)

    def apply(self, targets: Vector) -> Vector:
        """Transformed targets."""
        return rounded(np.log(targets + self.shift))

    def inverse(self, transformed: npt.NDArray[np.floating]) -> Vector:
        """Values in the unit of the target, rounded like the transformed ones."""
        return rounded(np.exp(transformed.astype(np.float64)) - self.shift)

    def formula(self, name: str) -> str:
        """The transformed target as a formula, of its name."""
        return f"log({name} + {self.shift:g})" if self.shift else f"log({name})"

    def mean_correction(self, targets: Vector, predictions: Vector, weight: Vector | None = None) -> float:
        """The factor that gives the predictions of training rows the mean of their targets, to six digits.

        The mean of logarithms is the logarithm of the geometric mean, which is below the mean. Duan's smearing factor
        (Duan 1983), the mean of the ratios, corrects it too where the ratios do not depend on the prediction; the ratio
        of the means needs no such assumption (docs/decisions.md compares them).

        Args:
            targets: Targets of the rows on which the boosters were fitted.
            predictions: Their uncorrected predictions.
            weight: How much each row counts; None: all the same.
        """
        means = [mean(values + self.shift, weight) for values in (targets, predictions)]
        return significant(means[0] / means[1], FACTOR_DIGITS)

    def corrected(self, predictions: Vector, factor: float) -> Vector:
        """Predictions with their mean corrected by a factor."""
        return (predictions + self.shift) * factor - self.shift


TRANSFORMS: Mapping[str, Transform] = {"log": Transform(0.0), "log1p": Transform(1.0)}
