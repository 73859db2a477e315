"""Columns that alone tell the target."""

from typing import ClassVar

from lockstep.evaluate.screens.single_column import class_measures, number_measures
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named


class LeakingColumn(Suspicion):
    """A column equals the target, maps to it one to one, or orders at least 99% of it."""

    order: ClassVar[int] = 50

    def look(self, evidence: Evidence) -> ResultFinding | None:
        reasons = leaking_columns(evidence)
        if not reasons:
            return None
        told = named([f"{name}: {why}" for name, (why, _) in reasons.items()])
        sentence = (
            f"{'A column knows' if len(reasons) == 1 else 'Columns know'} the target ({told}, in the training rows)."
            " Unless known when a prediction is needed, leave it out of the recipe."
        )
        figures = {name: figure for name, (_, figure) in reasons.items()}
        return ResultFinding(self.kind_name(), "act", sentence, "model", tuple(reasons), figures)


def leaking_columns(evidence: Evidence) -> dict[str, tuple[str, float]]:
    """The reason and the figure of each column that alone tells the target of the screened rows."""
    rows, target = evidence.screened, evidence.screened[evidence.target]
    measures = class_measures if evidence.model.target.classes else number_measures
    reasons = dict[str, tuple[str, float]]()
    for name in evidence.columns:
        if rows[name].notna().all() and rows[name].astype(str).equals(target.astype(str)):
            reasons[name] = "equals it in every row", 1.0
            continue
        for measure in measures(rows[name], target):
            if measure.too_good:
                reasons.setdefault(name, (measure.text, measure.figure))
    return reasons
