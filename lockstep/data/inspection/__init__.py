"""What a table holds, found by looking at all of it: types, identifiers, leaks, and what to do with each column."""

from lockstep.data.inspection.findings import LEFT_OUT, Finding, Findings, TargetFinding
from lockstep.data.inspection.inspect import inspect

__all__ = ["LEFT_OUT", "Finding", "Findings", "TargetFinding", "inspect"]
