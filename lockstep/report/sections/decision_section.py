"""Decision: classes at every threshold, and for two classes what mistakes cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.evaluate.rows import weights_in
from lockstep.evaluate.thresholds import threshold_table
from lockstep.metrics.metric import THRESHOLD
from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw, Picture, one_chart, shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import number, records_of

# Rows of the table of thresholds, besides that of the model.
MAX_ROWS = 12
# Curves of more classes hide each other, and their colours are not told apart.
CLASS_COLOURS = (BLUE, ORANGE, "#3a7d44", "#8e5ea2", "#111111", "#b03a48")
MAX_CLASSES = len(CLASS_COLOURS)


def decision_section(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """Curves over all thresholds, for two classes also a table of some; empty for a number and for many classes."""
    table = evaluation.thresholds
    if table.empty:
        return _of_each_class(run, evaluation)
    own = own_threshold(table, run.model.fitting.threshold)
    positive = run.model.target.labels[1]
    every = evaluation.judgement.every["test"]
    return {
        "classes": 2,
        "positive": positive,
        "threshold": run.model.fitting.threshold,
        "own": records_of(table.loc[[own]])[0],
        "costs": run.model.costs,
        "weighted": run.model.target.weight is not None,
        "never": records_of(table.tail(1))[0],
        "always": records_of(table.head(1))[0],
        "metrics": every,
        "rows": _rows(table, own),
        "pictures": [
            _precision_recall(table, own, every, positive),
            _roc(table, own, every),
            _by_threshold(run, table),
        ],
    }


def _of_each_class(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """Curves of each class against the rest; empty unless there are three to MAX_CLASSES classes."""
    labels, predictions = run.model.target.labels, evaluation.predictions
    if not 3 <= len(labels) <= MAX_CLASSES:
        return {}
    every, tables = evaluation.judgement.every["test"], tables_of_classes(predictions, labels)
    return {"classes": len(labels), "pictures": [_each_precision_recall(tables, every), _each_roc(tables, every)]}


def tables_of_classes(predictions: pd.DataFrame, labels: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The table of thresholds of each class against the rest, by label.

    A class without test rows, or without others, has none.
    """
    tables = dict[str, pd.DataFrame]()
    for label in labels:
        actual = np.asarray(predictions["actual"] == label, dtype=np.float64)
        probability = predictions[f"probability_{label}"].to_numpy(dtype=np.float64)
        both = np.column_stack([1 - probability, probability])
        if 0 < actual.sum() < len(actual):
            tables[label] = threshold_table(actual, both, THRESHOLD, weight=weights_in(predictions))
    return tables


def _each_precision_recall(tables: Mapping[str, pd.DataFrame], every: Any) -> Picture:
    area = number(every.get("average_precision"), 3)

    def draw(axes: Axes) -> None:
        for colour, (label, table) in zip(CLASS_COLOURS, tables.items(), strict=False):
            axes.plot(table["recall"], table["precision"], color=colour, label=shortened(label))
        axes.set(title="Precision and recall of each class", xlabel="recall", ylabel="precision", **_UNIT)
        axes.legend(frameon=False)

    return Picture(
        one_chart(draw),
        f"Precision against recall of each class on the test rows; mean average precision {area}.",
        f"Mean average precision {area}. Random predictions lie at the share of the class.",
    )


def _each_roc(tables: Mapping[str, pd.DataFrame], every: Any) -> Picture:
    area = number(every.get("auc"), 3)

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="random")
        for colour, (label, table) in zip(CLASS_COLOURS, tables.items(), strict=False):
            axes.plot(table["false_positive_rate"], table["recall"], color=colour, label=shortened(label))
        axes.set(title="ROC curve of each class", xlabel="false positive rate", ylabel="recall", **_UNIT)
        axes.legend(frameon=False, loc="lower right")

    return Picture(
        one_chart(draw),
        f"ROC curve of each class against the rest on the test rows; mean AUC {area}.",
        f"Mean AUC {area}. A class whose curve is near the diagonal is not told from the rest.",
    )


def own_threshold(table: pd.DataFrame, threshold: float) -> int:
    """The place of the model's threshold in the table."""
    return int((table["threshold"] - threshold).abs().to_numpy().argmin())


def _rows(table: pd.DataFrame, own: int) -> list[dict[str, Any]]:
    """Rows of the table at even steps of the rows above the threshold, the model's among them."""
    inner = np.linspace(0, len(table) - 1, min(len(table), MAX_ROWS)).round().astype(int)
    places = sorted({*inner.tolist(), own})
    return [record | {"own": place == own} for place, record in zip(places, records_of(table.loc[places]), strict=True)]


def _precision_recall(table: pd.DataFrame, own: int, every: Any, positive: str) -> Picture:
    area = number(every.get("average_precision"), 3)
    return Picture(
        one_chart(precision_recall(table, own, positive)),
        f"Precision against recall of {positive} on the test rows; average precision {area}.",
        f"Average precision {area}. The dashed line is the share of {shortened(positive)}: random predictions.",
    )


def precision_recall(table: pd.DataFrame, own: int, positive: str) -> Draw:
    """Precision against recall, with the model's threshold and the share of the second class."""
    first = table.iloc[0]
    share = (first["true_positive"] + first["false_negative"]) / first[list(_COUNTS)].sum()

    def draw(axes: Axes) -> None:
        axes.axhline(share, color=GREY, linewidth=1, linestyle="--", label=f"share of {shortened(positive)}")
        axes.plot(table["recall"], table["precision"], color=BLUE, label="this model")
        axes.plot(table["recall"][own], table["precision"][own], "o", color=ORANGE, markersize=8, label="its threshold")
        axes.set(title="Precision and recall", xlabel="recall", ylabel="precision", **_UNIT)
        axes.legend(frameon=False)

    return draw


def _roc(table: pd.DataFrame, own: int, every: Any) -> Picture:
    area = number(every.get("auc"), 3)
    return Picture(
        one_chart(roc(table, own)),
        f"ROC curve: recall against the false positive rate on the test rows; AUC {area}.",
        f"AUC {area}. With a rare class precision and recall say more.",
    )


def roc(table: pd.DataFrame, own: int) -> Draw:
    """Recall against the false positive rate, with the model's threshold."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="random")
        axes.plot(table["false_positive_rate"], table["recall"], color=BLUE, label="this model")
        point = table["false_positive_rate"][own], table["recall"][own]
        axes.plot(*point, "o", color=ORANGE, markersize=8, label="its threshold")
        axes.set(title="ROC curve", xlabel="false positive rate", ylabel="recall (true positive rate)", **_UNIT)
        axes.legend(frameon=False, loc="lower right")

    return draw


def _by_threshold(run: Run, table: pd.DataFrame) -> Picture:
    if run.model.costs is None:
        columns, what = {"precision": BLUE, "recall": GREY, "f1": "#3a7d44"}, "Precision, recall and F1"
        caption = "Where two curves trade off, the use decides: costs or another aim in train_best.threshold."
    else:
        columns, what = {"mean_cost": BLUE}, "Mean cost of a row"
        caption = "The threshold was chosen on training rows; a lower valley elsewhere would be known only afterwards."
    return Picture(
        one_chart(by_threshold(table, columns, run.model.fitting.threshold, what)),
        f"{what} at every threshold; the model's is {number(run.model.fitting.threshold)}.",
        caption,
    )


def by_threshold(table: pd.DataFrame, columns: dict[str, str], threshold: float, title: str) -> Draw:
    """Columns of the table against the threshold, with the model's.

    Args:
        table: From lockstep.evaluate.thresholds.
        columns: Colours of the columns.
        threshold: The model's.
        title: What the columns are.
    """

    def draw(axes: Axes) -> None:
        for name, colour in columns.items():
            axes.plot(table["threshold"], table[name], color=colour, label=name.replace("_", " "))
        axes.axvline(threshold, color=ORANGE, linewidth=1.5, linestyle="--", label="threshold of the model")
        axes.set(title=f"{title} by threshold", xlabel="threshold", ylabel=title.lower() if len(columns) == 1 else "")
        axes.legend(frameon=False)

    return draw


_COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")
_UNIT: dict[str, Any] = {"xlim": (-0.02, 1.02), "ylim": (-0.02, 1.02)}
