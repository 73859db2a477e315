"""Columns that are bins of the target."""

from typing import ClassVar

from lockstep.evaluate.screens.single_column import bins_of
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named


class BinnedTarget(Suspicion):
    """The targets of a column's values do not overlap: low, medium and high are made from the number they predict."""

    order: ClassVar[int] = 55

    def look(self, evidence: Evidence) -> ResultFinding | None:
        if evidence.model.target.classes:
            return None
        rows, target = evidence.screened, evidence.screened[evidence.target]
        bins = {name: bins_of(rows[name], target) for name in evidence.columns if name not in evidence.leaks}
        bins = {name: count for name, count in bins.items() if count}
        if not bins:
            return None
        told = named([f"{name} ({count} values)" for name, count in bins.items()])
        sentence = (
            f"The values of {told} do not overlap in the target, {evidence.target}: bins of it? Unless known when a"
            " prediction is needed, leave such a column out of the recipe."
        )
        return ResultFinding(self.kind_name(), "act", sentence, "model", tuple(bins), dict(bins))
