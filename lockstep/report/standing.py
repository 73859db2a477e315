"""Where the model stands among the baselines, as words."""

import pandas as pd

from lockstep.evaluate.evaluation import THIS_MODEL
from lockstep.evaluate.lead import LeadVerdict
from lockstep.report.templates import model_name


def standing(baselines: pd.DataFrame) -> str:
    """What the intervals of the leads show, as the end of `the model is ...`; empty without a lead.

    Args:
        baselines: model, lead and verdict of this model and the baselines.
    """
    worse, not_shown, better = (
        baselines_with(baselines, verdict) for verdict in (LeadVerdict.WORSE, LeadVerdict.NOT_SHOWN, LeadVerdict.BETTER)
    )
    parts = []
    if worse:
        parts.append(f"significantly worse than {_listed(worse, 'and')}")
    if not_shown:
        parts.append(f"not shown to be better than {_listed(not_shown, 'or')}")
    if better and not parts:
        parts.append("significantly better than every baseline")
    return ", and ".join(parts)


def baselines_with(baselines: pd.DataFrame, verdict: LeadVerdict) -> list[str]:
    """Names of the baselines with a verdict, as pages write them, best first; those without a lead are left out."""
    others = baselines[(baselines["model"] != THIS_MODEL) & baselines["lead"].notna()]
    return [model_name(name) for name in others["model"][others["verdict"] == verdict]]


def _listed(names: list[str], conjunction: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
