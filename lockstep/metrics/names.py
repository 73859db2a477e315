"""What a metric is called and which direction is better, also of results whose metrics this project does not have."""

from lockstep.metrics.metric import METRICS, Metric


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


def place(name: str) -> tuple[bool, bool, int, str]:
    """Sort key of a metric's name: the built-in ones in their order, the project's own, unknown ones; then by name."""
    metric = find_metric(name)
    if metric is None:
        return True, True, 0, name
    return False, metric.is_custom(), metric.order, name
