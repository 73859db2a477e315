"""Model: the size of its trees, the learning curve, and what the features do for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from lockstep.evaluate.dependence import Dependence
from lockstep.evaluate.findings import Findings
from lockstep.evaluate.shap_values import ShapValues
from lockstep.report.drawing import (
    BLUE,
    GREY,
    MOST_BARS,
    ORANGE,
    Draw,
    DrawAll,
    Picture,
    bars,
    one_chart,
    panels,
    shortened,
)
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import number, records_of

MOST_SWARMS = 12
# A swarm's columns, over the width of the chart; points of one column stand side by side.
SWARM_COLUMNS = 100
MANY_POINTS = 300
PANEL_COLUMNS = 3
# Single rows shown behind the mean, and classes that get a line.
MOST_ROWS, MOST_LINES, MOST_LABELS, LONGEST_LABEL = 25, 8, 6, 10


@dataclass(frozen=True)
class TreeSize:
    """Trees of all boosters of a model.

    Attributes:
        boosters: How many models are averaged.
        rounds: Boosting rounds of each.
        trees: Trees of all of them.
        leaves: Leaves of all trees.
        deepest: Depth of the deepest tree; 0 is a leaf alone.
        mean_depth: Mean depth of the leaves.
    """

    boosters: int
    rounds: int
    trees: int
    leaves: int
    deepest: int
    mean_depth: float

    @classmethod
    def of(cls, boosters: Sequence[xgb.Booster]) -> Self:
        """Count them in XGBoost's text dump, where a tab stands before a node for every step below the root."""
        trees = [tree for booster in boosters for tree in booster.get_dump()]
        depths = [
            len(line) - len(line.lstrip("\t"))
            for tree in trees
            for line in tree.splitlines()
            if line.partition(":")[2].startswith("leaf=")
        ]
        rounds = max(booster.num_boosted_rounds() for booster in boosters)
        return cls(len(boosters), rounds, len(trees), len(depths), max(depths), sum(depths) / len(depths))


def model_section(run: Run, found: Findings) -> dict[str, Any]:
    """Size, learning curve, and what the features do."""
    return {
        "size": TreeSize.of(run.model.boosters),
        "files": [file for file in run.files if file.suffix != ".parquet"],
        "bytes": sum(file.stat().st_size for file in run.files if file.suffix != ".parquet"),
        "n_features": len(run.model.features.names),
        "features": records_of(found.features),
        "shap_rows": len(found.shap.x),
        "pictures": [_curve(run), _importance(run, found), _shap(run, found), *_dependence(run, found)],
    }


def _curve(run: Run) -> Picture:
    curve, n_rounds = run.story.learning_curve, run.model.training.n_rounds
    measured = str(run.model.fitting.booster_params(run.model.features.names)["eval_metric"])
    train, valid = (number(float(curve.iloc[-1][name])) for name in ("train", "valid"))
    return Picture(
        one_chart(learning_curve(curve, n_rounds, measured)),
        f"Error by boosting round, mean of the folds: validation rows end at {valid}, training rows at {train}; the"
        f" final model has {n_rounds} rounds.",
        "Validation error should flatten, not rise, before the dashed line.",
        file="learning_curve",
    )


def learning_curve(curve: pd.DataFrame, n_rounds: int, metric: str) -> Draw:
    """Mean of the folds' error by boosting round, in a metric of XGBoost's."""

    def draw(axes: Axes) -> None:
        axes.plot(curve["round"], curve["train"], color=GREY, label="training rows")
        axes.plot(curve["round"], curve["valid"], color=BLUE, label="validation rows")
        axes.axvline(n_rounds, color=ORANGE, linewidth=1, linestyle="--", label=f"final model: {n_rounds} rounds")
        axes.set(title="Learning curve, mean of the folds", xlabel="boosting round", ylabel=metric)
        axes.legend(frameon=False)

    return draw


def _importance(run: Run, found: Findings) -> Picture:
    first = ", ".join(found.features["feature"].head(3))
    return Picture(
        one_chart(feature_importance(found.features, run.score)),
        f"Bars: growth of the test {run.score} when a feature is shuffled; the largest are {first}.",
        "What the model loses without a feature; grey lines are the spread over the shuffles.",
        file="feature_importance",
    )


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


def _shap(run: Run, found: Findings) -> Picture:
    features, target = run.model.features, run.model.target
    unit = "log-odds" if target.classes else f"predicted {target.column}"
    return Picture(
        one_chart(feature_shap(found.shap, features.names, features.types, unit)),
        f"SHAP values of {len(found.shap.x)} test rows for the most important features.",
        "What a feature adds to single predictions; a dot is a test row."
        if found.shap.values.shape[1] == 1
        else "What a feature adds to single predictions, mean of rows and classes.",
        file="feature_shap",
    )


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


def _dependence(run: Run, found: Findings) -> list[Picture]:
    if not found.dependence:
        return []
    target, each = run.model.target, found.dependence
    labels = target.labels if target.n_classes > 2 else []
    said = "probability" if labels else f"P({target.labels[1]})" if target.classes else f"predicted {target.column}"
    chart = partial_dependence(each, said, labels)
    names, n_rows = ", ".join(one.feature for one in each), len(each[0].predicted)
    return [
        Picture(
            chart,
            f"Partial dependence of the {said} on {names}: a line per feature, the mean of {n_rows} test rows.",
            f"What the model says on average of {n_rows} test rows when one feature is set to a value in all of them"
            f"{'' if labels else '; grey: single rows'}. Marks at the bottom are the values tried. A steep line is a"
            " strong effect, a flat one none; features that move together make it an extrapolation.",
            title="partial dependence",
            inches=(12.0, 0.6 + 2.9 * -(-len(each) // PANEL_COLUMNS)),
            placed=True,
        )
    ]


def partial_dependence(found: Sequence[Dependence], said: str, labels: Sequence[str]) -> DrawAll:
    """A small chart per feature: the mean over rows (blue) and single rows (grey); of many classes a line per class.

    Args:
        found: The features.
        predictions: What the vertical axis is.
        labels: Of more than two classes their names.
    """

    def draw(figure: Figure) -> None:
        every = panels(figure, len(found), PANEL_COLUMNS, below=_room(found), right=1.5 if labels else 0.1)
        for place, (axes, each) in enumerate(zip(every, found, strict=True)):
            _lines(axes, each, labels)
            axes.set_xlabel(shortened(each.feature))
            if place % PANEL_COLUMNS == 0:
                axes.set_ylabel(said)
        low = min(axes.get_ylim()[0] for axes in every)
        high = max(axes.get_ylim()[1] for axes in every)
        for axes in every:
            axes.set_ylim(low, high)
        if labels:
            handles, names = every[0].get_legend_handles_labels()
            figure.legend(handles, names, loc="upper right", frameon=False)
        figure.suptitle("Partial dependence: predictions when one feature is set to a value in every row")

    return draw


def _room(found: Sequence[Dependence]) -> float:
    """Inches below each chart: names of categories stand on end where they are long."""
    return 1.0 if any(each.labels and not _fits(each.labels) for each in found) else 0.6


def _fits(labels: Sequence[str]) -> bool:
    return len(labels) <= MOST_LABELS and sum(map(len, labels)) <= 24


def _lines(axes: Axes, each: Dependence, labels: Sequence[str]) -> None:
    mean, style = each.mean(), "o-" if each.labels else "-"
    if labels:
        for output, label in list(enumerate(labels))[:MOST_LINES]:
            axes.plot(each.points, mean[:, output], style, markersize=4, label=shortened(label))
    else:
        rows = each.predicted[:: -(-len(each.predicted) // MOST_ROWS), :, 0]
        axes.plot(each.points, rows.T, style, markersize=2, color=GREY, linewidth=0.7, alpha=0.35)
        axes.plot(each.points, mean[:, 0], style, color=BLUE, linewidth=2.2)
    if each.labels:
        names = [label[:LONGEST_LABEL] for label in each.labels]
        axes.set_xticks(each.points, names, rotation=0 if _fits(each.labels) else 60)
        axes.tick_params(axis="x", labelsize=8)
    else:
        axes.margins(x=0.02)
        axes.plot(each.points, np.zeros(len(each.points)), "|", color=GREY, transform=axes.get_xaxis_transform())
