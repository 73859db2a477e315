"""A reproducible DVC pipeline that tunes gradient-boosted trees on tables.

The public face of the package: base classes for a project's own steps, rules and metrics (docs/extending.md), and
`lockstep.testing`, which checks that they keep the pipeline's promises. Everything else may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockstep.clean.rule import AddColumns, DropRows, Rule
    from lockstep.errors import DataError
    from lockstep.features.arrays import Numbers
    from lockstep.features.step import Step
    from lockstep.metrics.metric import MeanMetric, Metric

# Imported when asked for: a stage loads only what it needs.
_MODULES = {
    "AddColumns": "lockstep.clean.rule",
    "DataError": "lockstep.errors",
    "DropRows": "lockstep.clean.rule",
    "MeanMetric": "lockstep.metrics.metric",
    "Metric": "lockstep.metrics.metric",
    "Numbers": "lockstep.features.arrays",
    "Rule": "lockstep.clean.rule",
    "Step": "lockstep.features.step",
}

__all__ = ["AddColumns", "DataError", "DropRows", "MeanMetric", "Metric", "Numbers", "Rule", "Step"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'lockstep' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
