"""Classes that the model never predicts."""

from typing import ClassVar

import numpy as np

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named
from lockstep.metrics.labels import predicted_classes

# Classes with fewer test rows may be missed by chance.
MIN_COUNT = 3
# Of a model for which no other threshold was chosen.
DEFAULT_THRESHOLD = 0.5


class ClassNeverPredicted(Suspicion):
    """A class has test rows but none is predicted as it: of two classes, no positive row is found."""

    order: ClassVar[int] = 35

    def look(self, evidence: Evidence) -> ResultFinding | None:
        labels, threshold = evidence.model.target.labels, evidence.model.fitting.threshold
        if not labels:
            return None
        y = evidence.test.y.astype(np.int64)
        counts = np.bincount(y, minlength=len(labels))
        right = predicted_classes(evidence.predicted, threshold)
        found = np.bincount(y[right == y], minlength=len(labels))
        predicted = np.bincount(right, minlength=len(labels))
        never = np.flatnonzero((counts >= MIN_COUNT) & ((predicted == 0) if len(labels) > 2 else (found == 0)))
        if not len(never):
            return None
        classes = tuple(labels[number] for number in never)
        figures = {label: int(counts[number]) for number, label in zip(never, classes, strict=True)}
        if len(labels) > 2 and np.count_nonzero(predicted) == 1:
            only = labels[int(np.argmax(predicted))]
            sentence = (
                f"Every test row is predicted as {evidence.target} {only}: the features tell no class from another."
            )
            return ResultFinding(self.kind_name(), "act", sentence, "errors", figures=figures)
        if len(labels) > 2:
            rows = int(counts[never].sum())
            remedy = (
                "Give them weight (booster.class_weight=balanced), at the price of a worse log loss, or merge them."
            )
            if evidence.model.fitting.class_weight is not None:
                remedy = "Their weight (booster.class_weight) did not help: merge them, or add features that tell them."
            sentence = (
                f"{len(never)} of {len(labels)} classes are never predicted ({named(classes)}), although {rows:,} test"
                f" rows are of them. {remedy}"
            )
            return ResultFinding(self.kind_name(), "look", sentence, "errors", figures=figures)
        label, other, count = classes[0], labels[1 - int(never[0])], int(counts[never[0]])
        remedy = (
            "Choose the threshold for what mistakes cost (train_best.threshold=max_f1), and look at average precision."
        )
        if threshold != DEFAULT_THRESHOLD:
            remedy = "The threshold is a chosen one: look at average precision, which says whether any would find them."
        sentence = (
            f"None of the {count:,} test rows with {evidence.target} {label} is found: the model predicts {other} for"
            f" {'every row' if predicted[never[0]] == 0 else 'all of them'} at its threshold, {threshold:g}. {remedy}"
        )
        return ResultFinding(self.kind_name(), "act", sentence, "errors", figures=figures)
