"""Orthogonal matching pursuit: which columns, one after the other, explain a target linearly.

The column that explains most of what is left is chosen, and all others lose what it explains (Tropp and Gilbert 2007).
Columns that the chosen ones determine have no length left, so that the rank of the columns shows.
"""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

# A column with less than this of its own length left is determined by the chosen ones.
DETERMINED = 1e-7
# Terms of a formula correlate with what is left of the target; noise in many columns hardly does.
MIN_CORRELATION = 0.15


class Pursuit:
    """Orthogonal matching pursuit, step by step.

    Args:
        x: The columns, shape (rows, columns), without missing values.
        y: The target, shape (rows,).
    """

    def __init__(self, x: Matrix, y: Vector) -> None:
        self._left = x - x.mean(axis=0)
        lengths = np.linalg.norm(self._left, axis=0)
        self._left /= np.where(lengths > 0, lengths, 1.0)
        self._residual = y - y.mean()
        self._total = float(np.linalg.norm(self._residual))
        self.chosen: list[int] = []

    @property
    def explained(self) -> float:
        """The share of the target's variance that the chosen columns explain."""
        return 1.0 - (float(np.linalg.norm(self._residual)) / self._total) ** 2 if self._total else 1.0

    def near_zero(self, tolerance: Vector | float) -> float:
        """The share of the rows in which nothing but a constant is left, within a tolerance per row."""
        return float((np.abs(self._residual - np.median(self._residual)) <= tolerance).mean())

    def step(self) -> bool:
        """Choose one more column; False if none is left that has anything to do with what is left of the target."""
        lengths = np.linalg.norm(self._left, axis=0)
        usable = lengths > DETERMINED
        usable[self.chosen] = False
        if not usable.any():
            return False
        correlations = np.abs(self._left.T @ self._residual) / np.where(usable, lengths, np.inf)
        correlations /= float(np.linalg.norm(self._residual)) or 1.0
        # Rounded: of equal columns the first one is chosen, on every CPU.
        best = int(np.argmax(np.where(usable, np.round(correlations, 9), -1.0)))
        if correlations[best] < MIN_CORRELATION:
            return False
        direction = self._left[:, best] / lengths[best]
        self._residual = self._residual - direction * (direction @ self._residual)
        self._left -= np.outer(direction, direction @ self._left)
        self.chosen.append(best)
        return True
