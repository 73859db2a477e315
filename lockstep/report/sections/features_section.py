"""Features: what an automatic recipe tried, what each group of features adds, and what it costs."""

from collections.abc import Mapping
from typing import Any

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.features.group import GROUPS
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import records_of


def features_section(run: Run, _: ModelEvaluation) -> dict[str, Any]:
    """The groups that were tried; empty, and so no section, where the recipe is no automatic one."""
    table = run.history.features
    if not len(table):
        return {}
    groups = [{**record, "about": _about(record["group"])} for record in records_of(table)]
    cost = sum(record["cost"] for record in groups)
    return {
        "groups": groups,
        "chosen": [record for record in groups if record["chosen"]],
        "n_folds": int(run.train["fold"].max()) + 1,
        "score": run.score,
        "share": _share_of_search(cost, run.history.search),
    }


def _about(group: str) -> str:
    """What a group is, in a sentence; a candidate of the dataset file is its step."""
    return GROUPS[group].summary() if group in GROUPS.built_in() else "A step that the dataset file proposes."


def _share_of_search(cost: int, search: Mapping[str, Any]) -> float | None:
    """The cost of the choice for all training rows, as a share of the search's."""
    spent = search["cost"].get("boosted_cells", 0)
    return cost / spent if spent else None
