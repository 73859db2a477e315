"""Figures of the table itself: the target in training and test rows, and where on the map the model errs."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from lockstep.report.drawing import BLUE, ORANGE, Draw, shortened

MOST_CLASSES = 30
BINS = 30
MOST_POINTS = 5000


def target_numbers(train: npt.NDArray[np.float64], test: npt.NDArray[np.float64], target: str) -> Draw:
    """Histograms of the target as shares, so that training and test rows can be compared."""
    ends = np.concatenate([train, test])
    edges = np.linspace(ends.min(), ends.max(), BINS + 1)

    def draw(axes: Axes) -> None:
        for values, colour, label in ((train, BLUE, "training"), (test, ORANGE, "test")):
            axes.hist(
                values,
                edges.tolist(),
                weights=np.full(len(values), 100 / len(values)),
                histtype="stepfilled",
                alpha=0.35,
                color=colour,
                label=f"{len(values):,} {label} rows",
            )
        axes.set(title="Distribution of the target", xlabel=target, ylabel="% of the rows")
        axes.legend(frameon=False)

    return draw


def target_classes(train: npt.NDArray[np.float64], test: npt.NDArray[np.float64], labels: list[str]) -> Draw:
    """Shares of the classes in training and test rows; of many classes the most frequent ones."""
    shares = [np.bincount(y.astype(np.int64), minlength=len(labels)) / len(y) for y in (train, test)]
    chosen = np.argsort(-shares[0], kind="stable")[:MOST_CLASSES]

    def draw(axes: Axes) -> None:
        places = np.arange(len(chosen))[::-1]
        for part, (y, colour, label) in enumerate(((train, BLUE, "training"), (test, ORANGE, "test"))):
            heights = 100 * shares[part][chosen]
            axes.barh(places + 0.2 - 0.4 * part, heights, 0.4, color=colour, label=f"{len(y):,} {label} rows")
        axes.set_yticks(places, [shortened(labels[number]) for number in chosen])
        axes.set(title="Distribution of the classes", xlabel="% of the rows")
        axes.legend(frameon=False)

    return draw


def error_map(places: pd.DataFrame, errors: npt.NDArray[np.float64], label: str, *, signed: bool) -> Draw:
    """Test rows at their places, coloured by the model's error.

    Args:
        places: Two columns, the horizontal one first.
        errors: Actual - predicted, or for classes what the probability of the actual one lacks to 1.
        label: What the errors are.
        signed: Whether errors have a sign: blue and red, grey in the middle.
    """
    x, y = (str(name) for name in places.columns)
    known = (places.notna().all(axis=1)).to_numpy() & np.isfinite(errors)
    rows, errors = places[known].iloc[:: _step(known)], errors[known][:: _step(known)]
    # A few rows that are far off would leave the others without colour.
    most = float(np.quantile(np.abs(errors), 0.98)) if len(errors) else 1.0

    def draw(axes: Axes) -> None:
        points = axes.scatter(
            rows[x],
            rows[y],
            c=errors,
            cmap="coolwarm" if signed else "Reds",
            vmin=-most if signed else 0,
            vmax=most or 1.0,
            s=14 if len(rows) < 1000 else 6,
            linewidths=0,
        )
        if _is_latitude(y, rows[y]):
            axes.set_aspect(1 / np.cos(np.radians(float(rows[y].mean()))))
        axes.set(title="Where the model errs, test rows", xlabel=x, ylabel=y, facecolor="#eceff2")
        bar = axes.figure.colorbar(points, ax=axes, extend="both" if signed else "max", aspect=40, pad=0.02)
        bar.set_label(label)
        bar.outline.set_visible(False)

    return draw


def across_and_up(coordinates: tuple[str, str]) -> list[str]:
    """The two columns with the horizontal one, the longitude, first; people name the latitude first."""
    first, second = coordinates
    return [first, second] if first.lower().startswith(("lon", "lng", "x", "east")) else [second, first]


def _step(known: npt.NDArray[np.bool_]) -> int:
    return max(1, -(-int(known.sum()) // MOST_POINTS))


def _is_latitude(name: str, values: pd.Series) -> bool:
    return name.lower().startswith("lat") and len(values) > 0 and float(values.abs().max()) < 89
