"""Checks that every step, rule and metric must pass, the project's own included: use them in a project's tests."""

from lockstep.testing.metrics import check_metric
from lockstep.testing.rules import check_rule
from lockstep.testing.steps import check_step
from lockstep.testing.tables import standard_table, standard_target

__all__ = ["check_metric", "check_rule", "check_step", "standard_table", "standard_target"]
