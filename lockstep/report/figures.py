"""Figures as PNG files without dates or versions: the same data gives the same bytes."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lockstep.data.tables import replacing

BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#8a8f98"
INCHES, DPI = (6.4, 4.2), 110
MOST_BARS = 20


def save(path: Path, draw: Callable[[Axes], None]) -> None:
    """Draw one chart and write it to `path`, whatever matplotlibrc the user has."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # a column may be named $x$
        matplotlib.rcParams["text.parse_math"] = False
        figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        with replacing(path) as part:
            canvas.print_figure(part, format="png", metadata={"Software": None})


def predicted_vs_actual(rows: pd.DataFrame, target: str) -> Callable[[Axes], None]:
    """Points (actual, predicted) with the line on which both are equal."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["actual"], rows["predicted"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        ends = [rows[["actual", "predicted"]].min().min(), rows[["actual", "predicted"]].max().max()]
        axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        axes.set(title="Predicted against actual, test rows", xlabel=f"actual {target}", ylabel=f"predicted {target}")
        axes.legend(frameon=False, loc="upper left")

    return draw


def residuals(rows: pd.DataFrame, target: str) -> Callable[[Axes], None]:
    """Points (predicted, actual - predicted)."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["predicted"], rows["residual"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
        axes.set(title="Residuals, test rows", xlabel=f"predicted {target}", ylabel="actual - predicted")

    return draw


def learning_curve(curve: pd.DataFrame, n_rounds: int) -> Callable[[Axes], None]:
    """Mean RMSE of the folds by boosting round."""

    def draw(axes: Axes) -> None:
        axes.plot(curve["round"], curve["train"], color=GREY, label="training rows")
        axes.plot(curve["round"], curve["valid"], color=BLUE, label="validation rows")
        axes.axvline(n_rounds, color=ORANGE, linewidth=1, linestyle="--", label=f"final model: {n_rounds} rounds")
        axes.set(title="Learning curve, mean of the folds", xlabel="boosting round", ylabel="RMSE")
        axes.legend(frameon=False)

    return draw


def feature_importance(table: pd.DataFrame) -> Callable[[Axes], None]:
    """Bars of the permutation importance with its spread; gain beside the name."""

    def draw(axes: Axes) -> None:
        shown = table.head(MOST_BARS).iloc[::-1]
        names = [f"{name} ({gain:.0%})" for name, gain in zip(shown["feature"], shown["gain"], strict=True)]
        axes.barh(names, shown["permutation_mean"], xerr=shown["permutation_std"], color=BLUE, ecolor=GREY)
        axes.set(title="Feature importance (in brackets: share of gain)", xlabel="growth of test RMSE when shuffled")

    return draw


def optimisation_history(trials: pd.DataFrame, history: pd.DataFrame) -> Callable[[Axes], None]:
    """Complete trials, best so far, and marks for pruned and failed ones."""

    def draw(axes: Axes) -> None:
        axes.scatter(history["number"], history["cv_rmse"], s=16, color=BLUE, alpha=0.6, linewidths=0, label="complete")
        axes.step(history["number"], history["best_so_far"], where="post", color=ORANGE, label="best so far")
        low, high = axes.get_ylim()
        for state, marker in (("PRUNED", "|"), ("FAIL", "x")):
            numbers = trials.loc[trials["state"] == state, "number"]
            if len(numbers):
                axes.scatter(numbers, [low] * len(numbers), marker=marker, color=GREY, label=f"{state.lower()}")
        axes.set_ylim(low - 0.03 * (high - low), high)
        axes.set(title="Optimisation history", xlabel="trial", ylabel="CV RMSE")
        axes.legend(frameon=False)

    return draw


def parameter_importance(table: pd.DataFrame) -> Callable[[Axes], None]:
    """Bars of the parameters' importance."""

    def draw(axes: Axes) -> None:
        shown = table.head(MOST_BARS).iloc[::-1]
        axes.barh(shown["parameter"], shown["importance"], color=BLUE)
        axes.set(title="Parameter importance (PED-ANOVA)", xlabel="share")

    return draw
