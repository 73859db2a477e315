"""Model: the size of its trees, the learning curve, and the effects of the features."""

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
from matplotlib.ticker import MaxNLocator

from lockstep.evaluate.dependence import Dependence
from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.evaluate.importance import within_noise
from lockstep.evaluate.shap_values import ShapValues
from lockstep.report.drawing import (
    BLUE,
    GREY,
    MAX_BARS,
    MAX_TICKS,
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

MAX_SWARMS = 12
# Bins of a swarm over the width of the chart; the points of a bin are spread vertically.
SWARM_COLUMNS = 100
MANY_POINTS = 300
PANEL_COLUMNS = 3
# Single rows drawn behind the mean, classes with a line, horizontal labels, and characters of a label.
MAX_ROWS, MAX_LINES, MAX_LABELS, MAX_LABEL_LENGTH = 25, 8, 6, 10


@dataclass(frozen=True)
class TreeSize:
    """Trees of all boosters of a model.

    Attributes:
        boosters: Number of boosters whose predictions are averaged.
        rounds: Boosting rounds of each.
        trees: Trees of all boosters.
        leaves: Leaves of all trees.
        deepest: Depth of the deepest tree; 0 is a single leaf.
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
        """Count them in XGBoost's text dump, which indents a node by one tab per level below the root."""
        trees = [tree for booster in boosters for tree in booster.get_dump()]
        depths = [
            len(line) - len(line.lstrip("\t"))
            for tree in trees
            for line in tree.splitlines()
            if line.partition(":")[2].startswith("leaf=")
        ]
        rounds = max(booster.num_boosted_rounds() for booster in boosters)
        return cls(len(boosters), rounds, len(trees), len(depths), max(depths), sum(depths) / len(depths))


def model_section(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """Size, learning curve, and effects of the features."""
    return {
        "size": TreeSize.of(run.model.boosters),
        "files": [file for file in run.files if file.suffix != ".parquet"],
        "bytes": sum(file.stat().st_size for file in run.files if file.suffix != ".parquet"),
        "transform": _transformed(run),
        "mean_correction": run.model.mean_correction if run.model.fitting.corrects_mean else None,
        "n_features": len(run.model.features.names),
        "from_whole_table": _from_whole_table(run),
        "features": records_of(evaluation.features.assign(noise=within_noise(evaluation.features))),
        "shap_rows": len(evaluation.shap.x),
        "pictures": [_curve(run), _importance(run, evaluation), _shap(run, evaluation), *_dependence(run, evaluation)],
    }


def _from_whole_table(run: Run) -> list[dict[str, Any]]:
    """Columns behind the features that no new row alone tells, and what new rows without them get."""
    columns = {} if run.model.intake is None else run.model.intake.from_whole_table
    return [{"name": name, "meaning": given.meaning, "required": given.required} for name, given in columns.items()]


def _transformed(run: Run) -> str:
    """What the boosters predict, as a formula; empty for the target itself."""
    transform = run.model.fitting.transform
    return "" if transform is None else transform.formula(run.target)


def _curve(run: Run) -> Picture:
    curve, n_rounds = run.history.learning_curve, run.model.training.n_rounds
    eval_metric = str(run.model.fitting.booster_params(run.model.features.names)["eval_metric"])
    formula = _transformed(run)
    train, valid = (number(float(curve.iloc[-1][name])) for name in ("train", "valid"))
    return Picture(
        one_chart(learning_curve(curve, n_rounds, f"{eval_metric} of {formula}" if formula else eval_metric)),
        f"Error by boosting round, mean of the folds: validation rows end at {valid}, training rows at {train}; the"
        f" final model has {n_rounds} rounds.",
        "Validation error should flatten, not rise, before the dashed line.",
        file="learning_curve",
    )


def learning_curve(curve: pd.DataFrame, n_rounds: int, metric: str) -> Draw:
    """Mean error of the folds by boosting round, in one of XGBoost's metrics."""

    def draw(axes: Axes) -> None:
        axes.plot(curve["round"], curve["train"], color=GREY, label="training rows")
        axes.plot(curve["round"], curve["valid"], color=BLUE, label="validation rows")
        axes.axvline(n_rounds, color=ORANGE, linewidth=1, linestyle="--", label=f"final model: {n_rounds} rounds")
        axes.set(title="Learning curve, mean of the folds", xlabel="boosting round", ylabel=metric)
        axes.legend(frameon=False)

    return draw


def _importance(run: Run, evaluation: ModelEvaluation) -> Picture:
    first = ", ".join(evaluation.features["feature"].head(3))
    worse = "decrease" if run.greater_is_better else "increase"
    return Picture(
        one_chart(feature_importance(evaluation.features, f"{worse} in test {run.score} when permuted")),
        f"Bars: {worse} in the test {run.score} when a feature is permuted; the largest are {first}.",
        f"{worse.capitalize()} in the test {run.score} when a feature's values are permuted among the test rows; lines:"
        " standard deviation over the permutations; grey bars are within it.",
        file="feature_importance",
    )


def feature_importance(table: pd.DataFrame, label: str) -> Draw:
    """Bars of the permutation importance with its standard deviation; gain beside the name.

    Args:
        table: The importance of the features.
        label: What the bars measure.
    """

    def draw(axes: Axes) -> None:
        top = table.head(MAX_BARS).iloc[::-1]
        names = [f"{shortened(name)} ({gain:.0%})" for name, gain in zip(top["feature"], top["gain"], strict=True)]
        colours = [GREY if noise else BLUE for noise in within_noise(top)]
        bars(axes, names, top["permutation_mean"], xerr=top["permutation_std"], ecolor=ORANGE, color=colours)
        axes.set(title="Feature importance (in brackets: share of gain)", xlabel=label)

    return draw


def _shap(run: Run, evaluation: ModelEvaluation) -> Picture:
    features, target = run.model.features, run.model.target
    unit = "log-odds" if target.classes else f"predicted {_transformed(run) or target.column}"
    if run.model.fitting.objective_class.link == "log":
        unit = f"logarithm of the predicted {target.column}"
    return Picture(
        one_chart(feature_shap(evaluation.shap, features.names, features.types, unit)),
        f"SHAP values of {len(evaluation.shap.x)} test rows for the most important features.",
        "What each feature adds to a single prediction; a dot is a test row."
        if evaluation.shap.values.shape[1] == 1
        else "What each feature adds to a single prediction, mean over rows and classes.",
        file="feature_shap",
    )


def feature_shap(shap: ShapValues, names: list[str], types: list[str], unit: str) -> Draw:
    """SHAP values of the features with the largest means: a point per row, red where the feature's value is high.

    Categories and missing values, which are neither high nor low, are grey.

    With several outputs (more than two classes) bars of the means, since a row has a value for each class.

    Args:
        shap: The values.
        names: Names of the features.
        types: Their XGBoost types.
        unit: The quantity that the values are added to.
    """
    means = shap.mean_absolute()
    order = np.argsort(-np.round(means, 12), kind="stable")

    def swarms(axes: Axes) -> None:
        top = order[:MAX_SWARMS][::-1]
        values = shap.values[:, 0, :]
        width = max(float(np.abs(values[:, top]).max()), 1e-12) / SWARM_COLUMNS * 2
        for place, feature in enumerate(top):
            ranked = shap.x[:, feature] if types[feature] != "c" else np.full(len(values), np.nan, dtype=np.float32)
            points = _swarm(axes, values[:, feature], ranked, place, width)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(range(len(top)), [shortened(names[feature]) for feature in top])
        axes.set(title="SHAP values, test rows", xlabel=f"what the feature adds to the {unit}")
        bar = axes.figure.colorbar(points, ax=axes, ticks=[0, 1], aspect=40, pad=0.02)
        bar.ax.set_yticklabels(["low", "high"])
        bar.set_label("value of the feature", labelpad=-12)
        bar.outline.set_visible(False)

    def means_only(axes: Axes) -> None:
        top = order[:MAX_BARS][::-1]
        bars(axes, [shortened(names[feature]) for feature in top], means[top])
        axes.set(title="SHAP values, mean over test rows and classes", xlabel=f"mean |change| of the {unit}")

    return swarms if shap.values.shape[1] == 1 else means_only


def _swarm(
    axes: Axes, values: npt.NDArray[np.float64], x: npt.NDArray[np.float32], place: int, width: float
) -> PathCollection:
    """The points of one feature; points of equal value are spread up and down in their order, without randomness."""
    bins = np.round(values / width).astype(np.int64)
    _, bin_of, counts = np.unique(bins, return_inverse=True, return_counts=True)
    order = np.argsort(bin_of, kind="stable")
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    # 0, 1, -1, 2, -2, ...
    side = np.where(rank % 2 == 1, (rank + 1) // 2, -(rank // 2))
    height = side * min(0.06, 0.8 / max(int(counts.max()), 1))
    present, size = ~np.isnan(x), 12 if len(x) < MANY_POINTS else 5
    colour = pd.Series(x[present]).rank(pct=True).to_numpy()
    axes.scatter(values[~present], place + height[~present], s=size, color=GREY, linewidths=0)
    return axes.scatter(
        values[present],
        place + height[present],
        s=size,
        c=colour,
        cmap="coolwarm",
        vmin=0,
        vmax=1,
        linewidths=0.2,
        edgecolors=GREY,
    )


def _dependence(run: Run, evaluation: ModelEvaluation) -> list[Picture]:
    if not evaluation.dependence:
        return []
    target, curves = run.model.target, evaluation.dependence
    labels = target.labels if target.n_classes > 2 else []
    output = "probability" if labels else f"P({target.labels[1]})" if target.classes else f"predicted {target.column}"
    chart = partial_dependence(curves, output, labels)
    names, n_rows = ", ".join(curve.feature for curve in curves), len(curves[0].predicted)
    return [
        Picture(
            chart,
            f"Partial dependence of the {output} on {names}: a line per feature, the mean of {n_rows} test rows.",
            f"Mean prediction of {n_rows} test rows when one feature is set to the same value in all of them"
            f"{'' if labels else '; grey: single rows'}. Marks at the bottom are the values tried. A steep line is a"
            " strong effect, a flat line none; with correlated features the line is an extrapolation.",
            title="partial dependence",
            inches=(12.0, 0.6 + 2.9 * -(-len(curves) // PANEL_COLUMNS)),
            placed=True,
        )
    ]


def partial_dependence(curves: Sequence[Dependence], output: str, labels: Sequence[str]) -> DrawAll:
    """A small chart per feature: the mean over rows (blue) and single rows (grey); for several outputs a line each.

    Args:
        curves: One per feature.
        output: Name of the vertical axis.
        labels: Names of the classes, if there are more than two.
    """

    def draw(figure: Figure) -> None:
        charts = panels(figure, len(curves), PANEL_COLUMNS, below=_label_inches(curves), right=1.5 if labels else 0.1)
        for place, (axes, curve) in enumerate(zip(charts, curves, strict=True)):
            _lines(axes, curve, labels)
            axes.set_xlabel(shortened(curve.feature))
            if place % PANEL_COLUMNS == 0:
                axes.set_ylabel(output)
        low = min(axes.get_ylim()[0] for axes in charts)
        high = max(axes.get_ylim()[1] for axes in charts)
        for axes in charts:
            axes.set_ylim(low, high)
        if labels:
            handles, names = charts[0].get_legend_handles_labels()
            figure.legend(handles, names, loc="upper right", frameon=False)
        figure.suptitle("Partial dependence: predictions when one feature is set to a value in every row")

    return draw


def _label_inches(curves: Sequence[Dependence]) -> float:
    """Inches below each chart; long names of categories are rotated."""
    return 1.0 if any(curve.labels and not _fits(curve.labels) for curve in curves) else 0.6


def _fits(labels: Sequence[str]) -> bool:
    return len(labels) <= MAX_LABELS and sum(map(len, labels)) <= 24


def _lines(axes: Axes, curve: Dependence, labels: Sequence[str]) -> None:
    mean, style = curve.mean(), "o-" if curve.labels else "-"
    if labels:
        for output, label in list(enumerate(labels))[:MAX_LINES]:
            axes.plot(curve.points, mean[:, output], style, markersize=4, label=shortened(label))
    else:
        rows = curve.predicted[:: -(-len(curve.predicted) // MAX_ROWS), :, 0]
        axes.plot(curve.points, rows.T, style, markersize=2, color=GREY, linewidth=0.7, alpha=0.35)
        axes.plot(curve.points, mean[:, 0], style, color=BLUE, linewidth=2.2)
    if curve.labels:
        names = [label[:MAX_LABEL_LENGTH] for label in curve.labels]
        axes.set_xticks(curve.points, names, rotation=0 if _fits(curve.labels) else 60)
        axes.tick_params(axis="x", labelsize=8)
    else:
        axes.margins(x=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(MAX_TICKS))
        axes.plot(curve.points, np.zeros(len(curve.points)), "|", color=GREY, transform=axes.get_xaxis_transform())
