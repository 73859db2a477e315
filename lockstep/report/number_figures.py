"""Figures of how predicted numbers differ from the actual ones."""

import pandas as pd
from matplotlib.axes import Axes

from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw


def predicted_vs_actual(rows: pd.DataFrame, target: str) -> Draw:
    """Points (actual, predicted) with the line on which both are equal."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["actual"], rows["predicted"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        ends = [rows[["actual", "predicted"]].min().min(), rows[["actual", "predicted"]].max().max()]
        axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        axes.set(title="Predicted against actual, test rows", xlabel=f"actual {target}", ylabel=f"predicted {target}")
        axes.legend(frameon=False, loc="upper left")

    return draw


def residuals(rows: pd.DataFrame, target: str) -> Draw:
    """Points (predicted, actual - predicted)."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["predicted"], rows["residual"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
        axes.set(title="Residuals, test rows", xlabel=f"predicted {target}", ylabel=f"actual - predicted {target}")

    return draw


def calibration(table: pd.DataFrame, target: str, nominal: float | None) -> Draw:
    """Mean predicted against mean actual value; with intervals the share of rows inside, by decile of prediction."""

    def means(axes: Axes) -> None:
        columns = ["predicted_mean", "actual_mean"]
        ends = [table[columns].min().min(), table[columns].max().max()]
        axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        axes.plot(table["predicted_mean"], table["actual_mean"], "o-", color=BLUE, markersize=5, label="deciles")
        axes.set(
            title="Calibration: means by decile of the prediction",
            xlabel=f"mean predicted {target}",
            ylabel=f"mean actual {target}",
        )
        axes.legend(frameon=False, loc="upper left")

    def coverage(axes: Axes) -> None:
        axes.bar(table["part"], table["coverage"], color=BLUE, width=0.7)
        axes.axhline(nominal or 0, color=ORANGE, linewidth=1.5, linestyle="--", label=f"asked for: {nominal}")
        axes.set(
            title="Share of test rows inside their interval",
            xlabel=f"decile of predicted {target}",
            ylabel="share inside",
            xticks=table["part"],
            ylim=(0, 1.12),
        )
        axes.legend(frameon=False, loc="upper right")

    return means if nominal is None else coverage
