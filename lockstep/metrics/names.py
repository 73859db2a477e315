"""What a metric is called and which direction is better, also of results whose metrics this project does not have."""

from lockstep.metrics.metric import DIGITS, METRICS, Metric
from lockstep.storage.tables import significant


def find_metric(name: str) -> type[Metric] | None:
    """The metric of this name; None if this project has none, as that of another commit's result."""
    return METRICS[name] if name in METRICS.names() else None


def metric_label(name: str) -> str:
    """What people call a metric."""
    metric = find_metric(name)
    return name if metric is None else metric.label


def score_label(name: str) -> str:
    """What people call the score by a metric, of which less is better: `RMSE`, `1 - AUC`."""
    metric = find_metric(name)
    return name if metric is None else metric.score_label()


def greater_is_better(name: str) -> bool:
    """Whether people read a score as a metric of which more is better: AUC instead of 1 - AUC."""
    metric = find_metric(name)
    return metric is not None and metric.greater_is_better


def direction(name: str) -> str:
    """Which direction of a metric is better, in parentheses after a value; empty where less is."""
    return " (higher is better)" if greater_is_better(name) else ""


def shown_score(name: str, score: float | None) -> float | None:
    """The metric's value that people read, of a score of which less is better: AUC 0.83 of a score of 0.17."""
    metric = find_metric(name)
    if score is None or metric is None or not metric.greater_is_better:
        return score
    # The distance of the distance is the value, but for the last bits.
    return significant(metric.loss(float(score)), DIGITS)


def shown_ends(name: str, low: float | None, high: float | None) -> dict[str, float | None]:
    """The interval of a score's `shown_score`: low and high, which change places where more is better."""
    ends = [shown_score(name, low), shown_score(name, high)]
    return dict(zip(("low", "high"), reversed(ends) if greater_is_better(name) else ends, strict=True))


def place(name: str) -> tuple[bool, bool, int, str]:
    """Sort key of a metric's name: the built-in ones in their order, the project's own, unknown ones; then by name."""
    metric = find_metric(name)
    if metric is None:
        return True, True, 0, name
    return False, metric.is_custom(), metric.order, name
