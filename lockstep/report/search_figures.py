"""Figures of the search and of the final fit."""

import pandas as pd
from matplotlib.axes import Axes

from lockstep.report.drawing import BLUE, GREY, MOST_BARS, ORANGE, Draw, bars, ink, shortened


def learning_curve(curve: pd.DataFrame, n_rounds: int, metric: str) -> Draw:
    """Mean of the folds' error by boosting round, in a metric of XGBoost's."""

    def draw(axes: Axes) -> None:
        axes.plot(curve["round"], curve["train"], color=GREY, label="training rows")
        axes.plot(curve["round"], curve["valid"], color=BLUE, label="validation rows")
        axes.axvline(n_rounds, color=ORANGE, linewidth=1, linestyle="--", label=f"final model: {n_rounds} rounds")
        axes.set(title="Learning curve, mean of the folds", xlabel="boosting round", ylabel=metric)
        axes.legend(frameon=False)

    return draw


def optimisation_history(trials: pd.DataFrame, history: pd.DataFrame, score: str, label: str) -> Draw:
    """Complete trials, best so far, and marks for pruned and failed ones.

    Args:
        trials: The content of trials.csv.
        history: From lockstep.report.search_history.optimisation_history.
        score: The column of the score.
        label: Its name for people.
    """

    def draw(axes: Axes) -> None:
        size = ink(16, len(history), 2)
        axes.scatter(history["number"], history[score], s=size, color=BLUE, alpha=0.6, linewidths=0, label="complete")
        axes.step(history["number"], history["best_so_far"], where="post", color=ORANGE, label="best so far")
        low, high = axes.get_ylim()
        for state, marker in (("PRUNED", "|"), ("FAIL", "x")):
            numbers = trials.loc[trials["state"] == state, "number"]
            if len(numbers):
                axes.scatter(numbers, [low] * len(numbers), marker=marker, color=GREY, label=f"{state.lower()}")
        axes.set_ylim(low - 0.03 * (high - low), high)
        axes.set(title="Optimisation history", xlabel="trial", ylabel=f"CV {label}")
        axes.legend(frameon=False)

    return draw


def parameter_importance(table: pd.DataFrame) -> Draw:
    """Bars of the parameters' importance."""

    def draw(axes: Axes) -> None:
        shown = table.head(MOST_BARS).iloc[::-1]
        bars(axes, [shortened(name) for name in shown["parameter"]], shown["importance"])
        axes.set(title="Parameter importance (PED-ANOVA)", xlabel="share")

    return draw
