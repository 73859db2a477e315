"""Two coordinates rotated by angles."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers, rounded


class Rotate(Transformer):
    """x cos a + y sin a for each angle a. Learns nothing.

    Sine and cosine are rounded to six digits, so that they are the same on every CPU; the coordinates are not rounded.

    Args:
        x: First coordinate.
        y: Second coordinate.
        angles: Degrees.
    """

    def __init__(self, x: str, y: str, angles: tuple[float, ...]) -> None:
        self.x = x
        self.y = y
        self.angles = angles

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, angles); NaN where a coordinate is missing."""
        radians = np.array(self.angles, dtype=np.float64) * (np.pi / 180)
        x, y = numbers(frame, self.x)[:, np.newaxis], numbers(frame, self.y)[:, np.newaxis]
        return x * rounded(np.cos(radians)) + y * rounded(np.sin(radians))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """X_Y_at_ANGLE for each angle."""
        return np.array([f"{self.x}_{self.y}_at_{angle:g}" for angle in self.angles], dtype=object)
