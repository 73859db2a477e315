"""Classes that the training rows, or those of a fold, lack."""

from typing import ClassVar

import numpy as np

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Severity, Suspicion, named
from lockstep.fitting.folds import training_masks

# The share of the test rows whose class no training row has, from which the score is about impossible rows.
ACT = 0.01


class MissingClasses(Suspicion):
    """Rows of a class are predicted, or validated, that no row has taught."""

    order: ClassVar[int] = 45

    def look(self, evidence: Evidence) -> ResultFinding | None:
        labels = evidence.model.target.labels
        if not labels:
            return None
        trained = set(evidence.train.y.astype(np.int64))
        absent = [label for number, label in enumerate(labels) if number not in trained]
        unseen = int(np.sum(~np.isin(evidence.test.y, list(trained))))
        lacking = _folds_that_lack(evidence)
        if not absent and not lacking:
            return None
        parts = []
        if absent:
            parts.append(
                f"{len(absent)} of {len(labels)} classes ({named(absent)}) have no training row;"
                f" {unseen:,} test rows are of them and cannot be predicted right"
            )
        if lacking:
            parts.append(f"in {len(lacking)} folds the training rows lack a class that is validated")
        told = "; ".join(parts)
        remedy = "Merge or drop rare classes (rule drop_values), or set split.strategy=stratified."
        kind: Severity = "act" if unseen >= ACT * len(evidence.test) and unseen else "look"
        figures = {"classes": len(absent), "test_rows": unseen, "folds": len(lacking)}
        return ResultFinding(self.kind_name(), kind, f"{told[0].upper()}{told[1:]}. {remedy}", "data", figures=figures)


def _folds_that_lack(evidence: Evidence) -> list[int]:
    """The folds that validate a class which their training rows lack."""
    if "fold" not in evidence.folds:
        return []
    y, fold = evidence.model.target.values(evidence.folds), evidence.folds["fold"].to_numpy()
    masks = training_masks(evidence.folds, evidence.split is not None and evidence.split.forward)
    return [number for number, mask in enumerate(masks) if not set(y[fold == number]) <= set(y[mask])]
