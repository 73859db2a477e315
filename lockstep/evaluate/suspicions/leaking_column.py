"""Columns that alone tell the target."""

from typing import ClassVar

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named


class LeakingColumn(Suspicion):
    """A column equals the target, maps to it one to one, or orders at least 99% of it."""

    order: ClassVar[int] = 50

    def look(self, evidence: Evidence) -> ResultFinding | None:
        reasons = evidence.leaks
        if not reasons:
            return None
        told = named([f"{name}: {why}" for name, (why, _) in reasons.items()])
        sentence = (
            f"{'A column knows' if len(reasons) == 1 else 'Columns know'} the target ({told}, in the training rows)."
            " Unless known when a prediction is needed, leave it out of the recipe."
        )
        figures = {name: figure for name, (_, figure) in reasons.items()}
        return ResultFinding(self.kind_name(), "act", sentence, "model", tuple(reasons), figures)
