"""Measuring predictions by a metric, built in or the project's own, whose mistakes become one line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lockstep.errors import ConfigError
from lockstep.guards.text.messages import shown
from lockstep.metrics.metric import DIGITS, METRICS, Counts, Metric, Numbers, TargetKind
from lockstep.project.custom import code_digest, custom_mistakes
from lockstep.storage.tables import significant

# Names that tables of metrics give to other columns.
RESERVED = frozenset(
    [
        *("bias", "by", "compared", "lead", "lead_high", "lead_low", "metric", "model", "name", "own", "rounds"),
        *("rows", "saved", "score", "seed", "share", "slice", "verdict"),
    ]
)


@cache
def built_in_metrics(target: TargetKind) -> tuple[type[Metric], ...]:
    """The built-in metrics of a kind of target."""
    classes = [METRICS[name] for name in METRICS.built_in()]
    return tuple(metric for metric in classes if metric.target == target)


def custom_metrics(target: TargetKind) -> dict[str, str]:
    """The project's own metrics of a kind of target: sha256 of each one's code by its name.

    Raises:
        ConfigError: if one of them has a mistake, or a name that cannot be one of a metric.
    """
    digests = dict[str, str]()
    for name in METRICS.custom():
        metric = METRICS[name]
        if not name.isidentifier() or name in RESERVED:
            raise ConfigError(
                f"{file_of(metric)}: {shown(name)}: is the name of another column, or has other characters than"
                " letters, digits and _; rename the file"
            )
        if mistake := wrong_statement(metric):
            raise ConfigError(f"{file_of(metric)}: {mistake}; correct it")
        if metric.target == target:
            digests[name] = code_digest("metrics", name)
    return digests


def wrong_statement(metric: type[Metric]) -> str:
    """The first attribute of a metric that has a value it cannot have, and what it must be; empty if there is none."""
    limits = metric.bounds if isinstance(metric.bounds, tuple) else ()
    right = {
        "label": isinstance(metric.label, str) and metric.label.isprintable() and bool(metric.label.strip()),
        "greater_is_better": isinstance(metric.greater_is_better, bool),
        "target": metric.target in ("number", "classes"),
        "bounds": len(limits) == 2 and all(limit is None or isinstance(limit, int | float) for limit in limits),
    }
    needed = {
        "label": "a text of one line",
        "greater_is_better": "True or False",
        "target": "'number' or 'classes'",
        "bounds": "a pair of numbers, None where there is none",
    }
    wrong = [name for name in right if not right[name]]
    return f"{wrong[0]}: {shown(repr(getattr(metric, wrong[0])))}: must be {needed[wrong[0]]}" if wrong else ""


def custom_metric(name: str) -> type[Metric]:
    """One of the project's own metrics, by which a result is measured.

    Raises:
        ConfigError: if the project does not have it, or its file has a mistake.
    """
    if name not in METRICS.custom():
        raise ConfigError(
            f"custom/metrics/{shown(name)}.py: no such file, and the result is measured by it; restore it, or run"
            " `dvc repro`"
        )
    return METRICS[name]


def file_of(metric: type[Metric]) -> Path:
    """The file of one of the project's own metrics."""
    return Path("custom", "metrics", f"{metric.kind_name()}.py")


def measured(
    metrics: Sequence[Metric],
    actual: npt.NDArray[np.floating],
    predicted: npt.NDArray[np.floating],
    weight: npt.NDArray[np.floating] | None = None,
) -> dict[str, float | None]:
    """Metrics of predictions by their names, with the digits of every output; None where one is undefined.

    Args:
        metrics: The metrics.
        actual: Numbers, or numbers of classes, shape (rows,).
        predicted: Numbers, shape (rows,), or probabilities, shape (rows, classes).
        weight: How much each row counts, shape (rows,); None: all the same.

    Raises:
        ConfigError: if one of the project's own metrics raises an error, or returns something else than a number.
    """
    y, predictions = (_read_only(np.asarray(array, dtype=np.float64)) for array in (actual, predicted))
    weights = None if weight is None else _read_only(np.asarray(weight, dtype=np.float64))
    values = dict[str, float | None]()
    for metric in metrics:
        with mistakes_of(metric):
            value = _checked(metric.value(y, predictions, weights))
        values[metric.kind_name()] = None if value is None else significant(value, DIGITS)
    return values


def resampled(metric: Metric, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
    """The metric on resamples, as its `resampled`.

    Raises:
        ConfigError: if one of the project's own metrics raises an error, or returns something else than numbers.
    """
    with mistakes_of(metric):
        values = metric.resampled(_read_only(actual), _read_only(predicted), counts)
        if values is not None and np.shape(values) != (len(counts),):
            raise TypeError(f"resampled returned values of shape {np.shape(values)}, not ({len(counts)},)")
    return values


@contextmanager
def mistakes_of(metric: Metric) -> Iterator[None]:
    """Turn what one of the project's own metrics raises in the block into one line with its file.

    Raises:
        ConfigError: instead of the error.
    """
    if not metric.is_custom():
        yield
        return
    with custom_mistakes(file_of(type(metric))):
        yield


def _checked(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"value returned {type(value).__name__}; it must return a number or None")
    if not np.isfinite(value):
        raise ValueError(f"value returned {value}; it must return None where the metric is undefined")
    return float(value)


def _read_only(array: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    view = array.view()
    view.flags.writeable = False
    return view
