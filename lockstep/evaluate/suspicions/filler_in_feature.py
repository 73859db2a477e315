"""Fillers among the values of features."""

from typing import ClassVar

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named
from lockstep.table.filler import find_filler


class FillerInFeature(Suspicion):
    """One far, round, repeated value of a column stands for "no value"; linear steps and baselines take it for one."""

    order: ClassVar[int] = 25

    def look(self, evidence: Evidence) -> ResultFinding | None:
        fillers = {name: filler for name in evidence.columns if (filler := find_filler(evidence.train.frame[name]))}
        if not fillers:
            return None
        told = [
            f"{name} is {filler.shown} in {filler.share:.1%} of the training rows" for name, filler in fillers.items()
        ]
        first = next(iter(fillers.values()))
        others = f", far from all others ({first.others})" if len(fillers) == 1 else ", far from all their other values"
        sentence = f"{named(told)}{others}: a filler for no value? Add it, as the file writes it, to missing_values."
        shares = {name: filler.share for name, filler in fillers.items()}
        return ResultFinding(self.kind_name(), "look", sentence, "data", tuple(fillers), shares)
