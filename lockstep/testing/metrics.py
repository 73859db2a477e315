"""`check_metric`: the promises that every metric keeps, checked on made predictions."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lockstep.metrics.measure import wrong_statement
from lockstep.metrics.metric import METRICS, Metric, MetricSettings, Numbers
from lockstep.testing.processes import class_at, fresh_output

N_ROWS, N_RESAMPLES = 60, 20
# Sums in another order differ in their last digits.
RELATIVE, ABSOLUTE = 1e-9, 1e-12
PRINT_VALUES = "import sys; from lockstep.testing.metrics import print_values; print_values(*sys.argv[1:])"


@dataclass(frozen=True)
class Predictions:
    """Targets with predictions of three qualities.

    Attributes:
        actual: Numbers, or numbers of classes, shape (rows,).
        perfect: Predictions without an error.
        noisy: Predictions with some error.
        shuffled: The noisy ones, each of another row.
    """

    actual: Numbers
    perfect: Numbers
    noisy: Numbers
    shuffled: Numbers


def check_metric(
    metric: type[Metric] | str, classes: int = 0, settings: MetricSettings | None = None, *, scale: float = 1.0
) -> None:
    """Check that a metric keeps its promises.

    Args:
        metric: The class, or its name.
        classes: Classes of the target, if it measures probabilities; 0: two, and then three.
        settings: Settings that it is made with; `n_classes` is set.
        scale: Unit of the made targets, which are some 10 units with a deviation of 2; noisy predictions err by half a
            unit. For a metric with a threshold in the unit of its own target.

    Raises:
        AssertionError: with a sentence that names the broken promise.
    """
    kind = METRICS[metric] if isinstance(metric, str) else metric
    _check_stated(kind)
    counts = ((classes,) if classes else (2, 3)) if kind.target == "classes" else (0,)
    for n_classes in counts:
        made = kind(_settings(settings, n_classes))
        data = predictions(n_classes, scale)
        for check in CHECKS:
            check(made, data)
    _check_new_process(kind, counts, settings, scale)


def predictions(n_classes: int, scale: float) -> Predictions:
    """Made targets and predictions, the same on every machine: of numbers (0), or of that many classes."""
    random = np.random.default_rng(7)
    if not n_classes:
        actual = scale * (10 + 2 * random.normal(size=N_ROWS))
        perfect, noisy = actual.copy(), actual + 0.5 * scale * random.normal(size=N_ROWS)
    else:
        actual = random.permutation(np.arange(N_ROWS) % n_classes).astype(np.float64)
        perfect = np.eye(n_classes)[actual.astype(np.int64)]
        noisy = 0.55 * perfect + 0.45 * random.dirichlet(np.ones(n_classes), N_ROWS)
    return Predictions(actual, perfect, noisy, noisy[random.permutation(N_ROWS)])


def print_values(module: str, name: str, settings: str, scale: str) -> None:
    """Print a metric's values of the made predictions as JSON; for a process of its own."""
    kind = class_at(module, name, METRICS)
    print(json.dumps([_values(kind, MetricSettings(**content), float(scale)) for content in json.loads(settings)]))


def _check_stated(kind: type[Metric]) -> None:
    missing = [name for name in kind.STATED if not hasattr(kind, name)]
    _promise(not missing, f"{kind.__name__} does not state {', '.join(missing)}")
    mistake = wrong_statement(kind)
    _promise(not mistake, f"{kind.__name__}: {mistake}")
    _promise(kind.summary(), f"{kind.__name__} has no docstring")


def _check_direction(metric: Metric, data: Predictions) -> None:
    perfect, noisy, shuffled = (
        metric.loss(_defined(metric, data.actual, predicted)) for predicted in (data.perfect, data.noisy, data.shuffled)
    )
    word = "greater" if metric.greater_is_better else "smaller"
    _promise(
        perfect <= noisy < shuffled,
        f"{_name(metric)} says that {word} is better, and yet does not put perfect predictions first, noisy ones second"
        f" and shuffled ones last: {perfect:g}, {noisy:g}, {shuffled:g} as losses (a threshold? see scale)",
    )


def _check_bounds(metric: Metric, data: Predictions) -> None:
    low, high = metric.bounds
    for predicted in (data.perfect, data.noisy, data.shuffled):
        value = _defined(metric, data.actual, predicted)
        inside = (low is None or value >= low) and (high is None or value <= high)
        _promise(inside, f"{_name(metric)} is {value}, outside its bounds {metric.bounds}")


def _check_weights(metric: Metric, data: Predictions) -> None:
    plain = _value(metric, data.actual, data.noisy)
    equal = _value(metric, data.actual, data.noisy, np.ones(N_ROWS))
    _promise(_same(plain, equal), f"{_name(metric)} is {plain} without weights and {equal} with weights of 1")
    times = np.arange(N_ROWS) % 3 + 1
    weighted = _value(metric, data.actual, data.noisy, times.astype(np.float64))
    repeated = _value(metric, *_repeated(data, times))
    _promise(
        _same(weighted, repeated),
        f"{_name(metric)} does not count a row of weight 2 as two rows: {weighted} with weights of 1, 2 and 3, and"
        f" {repeated} where the rows are repeated as often",
    )


def _check_resampled(metric: Metric, data: Predictions) -> None:
    draws = np.random.default_rng(3).integers(0, N_ROWS, size=(N_RESAMPLES, N_ROWS))
    counts = np.array([np.bincount(drawn, minlength=N_ROWS) for drawn in draws])
    found = metric.resampled(data.actual.copy(), data.noisy.copy(), counts.copy())
    if found is None:
        return
    _promise(
        np.shape(found) == (N_RESAMPLES,), f"{_name(metric)}.resampled returns an array of shape {np.shape(found)}"
    )
    for times, value in zip(counts, found, strict=True):
        expected = _value(metric, *_repeated(data, times))
        _promise(
            _same(expected, None if np.isnan(value) else float(value)),
            f"{_name(metric)}.resampled gives {value} for a resample whose rows have the value {expected}",
        )


def _check_order(metric: Metric, data: Predictions) -> None:
    order = np.random.default_rng(5).permutation(N_ROWS)
    one, other = (_value(metric, data.actual[rows], data.noisy[rows]) for rows in (np.arange(N_ROWS), order))
    _promise(_same(one, other), f"{_name(metric)} depends on the order of rows: {one} and {other}")


def _check_repeatable(metric: Metric, data: Predictions) -> None:
    one, other = (_value(metric, data.actual, data.noisy) for _ in range(2))
    _promise(one == other, f"{_name(metric)} gives {one} and then {other} for the same rows")


def _check_degenerate(metric: Metric, data: Predictions) -> None:
    """A single row, and rows with the same target: defined or None."""
    for rows in ([0], np.flatnonzero(data.actual == data.actual[0])):
        _value(metric, data.actual[rows], data.noisy[rows])
    _value(metric, np.full(N_ROWS, data.actual[0]), data.noisy)


CHECKS: tuple[Callable[[Metric, Predictions], None], ...] = (
    *(_check_repeatable, _check_order, _check_bounds, _check_direction, _check_weights, _check_resampled),
    _check_degenerate,
)


def _check_new_process(
    kind: type[Metric], counts: tuple[int, ...], settings: MetricSettings | None, scale: float
) -> None:
    chosen = [_settings(settings, n_classes) for n_classes in counts]
    contents = json.dumps([asdict(each) for each in chosen])
    printed = fresh_output(PRINT_VALUES, kind.__module__, kind.__qualname__, contents, str(scale))
    here, there = [_values(kind, each, scale) for each in chosen], json.loads(printed)
    _promise(
        here == there, f"{kind.__name__} gives {here} here, and {there} in a new process with another PYTHONHASHSEED"
    )


def _settings(settings: MetricSettings | None, n_classes: int) -> MetricSettings:
    return MetricSettings(**{**asdict(settings or MetricSettings()), "n_classes": n_classes})


def _values(kind: type[Metric], settings: MetricSettings, scale: float) -> list[float | None]:
    data = predictions(settings.n_classes, scale)
    return [_value(kind(settings), data.actual, predicted) for predicted in (data.perfect, data.noisy, data.shuffled)]


def _value(metric: Metric, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
    """The metric's value, checked to be a number or None, of copies that are checked to stay as they are."""
    given = [None if array is None else array.copy() for array in (actual, predicted, weight)]
    value: Any = metric.value(*given)  # type: ignore[arg-type]
    for array, before in zip(given, (actual, predicted, weight), strict=True):
        same = array is None or before is None or np.array_equal(array, before)
        _promise(same, f"{_name(metric)} modifies the arrays that it is given")
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    _promise(value is None or is_number, f"{_name(metric)}.value returns {type(value).__name__}, not a number or None")
    _promise(value is None or np.isfinite(value), f"{_name(metric)}.value returns {value}; undefined is None")
    return None if value is None else float(value)


def _defined(metric: Metric, actual: Numbers, predicted: Numbers) -> float:
    value = _value(metric, actual, predicted)
    if value is None:
        of_classes = f" of {predicted.shape[1]} classes" if predicted.ndim > 1 else ""
        raise AssertionError(
            f"{_name(metric)} is undefined on predictions of {N_ROWS} rows{of_classes}; perfect and noisy ones need a"
            " value (where it grows without end, limit it; if it is for two classes only, give check_metric classes=2)"
        )
    return value


def _repeated(data: Predictions, times: Any) -> Iterator[Numbers]:
    return (np.repeat(array, times, axis=0) for array in (data.actual, data.noisy))


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(RELATIVE * max(abs(one), abs(other)), ABSOLUTE)


def _promise(kept: Any, sentence: str) -> None:
    """Raises AssertionError with the sentence, under `python -O` too."""
    if not kept:
        raise AssertionError(sentence)


def _name(metric: Metric) -> str:
    return type(metric).__name__
