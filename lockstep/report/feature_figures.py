"""Figures of what the features do for the model."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from lockstep.evaluate.shap_values import ShapValues
from lockstep.report.drawing import GREY, MOST_BARS, Draw, bars, shortened

MOST_SWARMS = 12
# A swarm's columns, over the width of the chart; points of one column stand side by side.
SWARM_COLUMNS = 100
MANY_POINTS = 300


def feature_importance(table: pd.DataFrame, label: str) -> Draw:
    """Bars of the permutation importance with its spread; gain beside the name."""

    def draw(axes: Axes) -> None:
        shown = table.head(MOST_BARS).iloc[::-1]
        names = [f"{shortened(name)} ({gain:.0%})" for name, gain in zip(shown["feature"], shown["gain"], strict=True)]
        bars(axes, names, shown["permutation_mean"], xerr=shown["permutation_std"], ecolor=GREY)
        axes.set(
            title="Feature importance (in brackets: share of gain)", xlabel=f"growth of test {label} when shuffled"
        )

    return draw


def feature_shap(shap: ShapValues, names: list[str], types: list[str], unit: str) -> Draw:
    """SHAP values of the features with the largest means: a point per row, red where the feature's value is high.

    Categories, which are neither high nor low, and missing values are grey.

    With several outputs (more than two classes) bars of the means, since a row has a value for each class.

    Args:
        shap: The values.
        names: Names of the features.
        types: Their XGBoost types.
        unit: What the values are added to.
    """
    means = shap.mean_absolute()
    order = np.argsort(-np.round(means, 12), kind="stable")

    def swarms(axes: Axes) -> None:
        shown = order[:MOST_SWARMS][::-1]
        values = shap.values[:, 0, :]
        width = max(float(np.abs(values[:, shown]).max()), 1e-12) / SWARM_COLUMNS * 2
        for place, feature in enumerate(shown):
            ranked = shap.x[:, feature] if types[feature] != "c" else np.full(len(values), np.nan, dtype=np.float32)
            points = _swarm(axes, values[:, feature], ranked, place, width)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(range(len(shown)), [shortened(names[feature]) for feature in shown])
        axes.set(title="SHAP values, test rows", xlabel=f"what the feature adds to the {unit}")
        bar = axes.figure.colorbar(points, ax=axes, ticks=[0, 1], aspect=40, pad=0.02)
        bar.ax.set_yticklabels(["low", "high"])
        bar.set_label("value of the feature", labelpad=-12)
        bar.outline.set_visible(False)

    def means_only(axes: Axes) -> None:
        shown = order[:MOST_BARS][::-1]
        bars(axes, [shortened(names[feature]) for feature in shown], means[shown])
        axes.set(title="SHAP values, mean over test rows and classes", xlabel=f"mean |change| of the {unit}")

    return swarms if shap.values.shape[1] == 1 else means_only


def _swarm(
    axes: Axes, values: npt.NDArray[np.float64], x: npt.NDArray[np.float32], place: int, width: float
) -> PathCollection:
    """One feature's points: where many fall together they spread up and down, by their number and not by chance."""
    column = np.round(values / width).astype(np.int64)
    _, of, counts = np.unique(column, return_inverse=True, return_counts=True)
    order = np.argsort(of, kind="stable")
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    # 0, 1, -1, 2, -2, ...
    side = np.where(rank % 2 == 1, (rank + 1) // 2, -(rank // 2))
    height = side * min(0.06, 0.8 / max(int(counts.max()), 1))
    known, size = ~np.isnan(x), 12 if len(x) < MANY_POINTS else 5
    colour = pd.Series(x[known]).rank(pct=True).to_numpy()
    axes.scatter(values[~known], place + height[~known], s=size, color=GREY, linewidths=0)
    return axes.scatter(
        values[known],
        place + height[known],
        s=size,
        c=colour,
        cmap="coolwarm",
        vmin=0,
        vmax=1,
        linewidths=0.2,
        edgecolors=GREY,
    )
