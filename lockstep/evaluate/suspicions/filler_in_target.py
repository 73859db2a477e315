"""A filler among the targets."""

from typing import ClassVar

import numpy as np

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion
from lockstep.table.filler import find_filler


class FillerInTarget(Suspicion):
    """One far, round, repeated value of the target stands for "no value", and the score is about telling it."""

    order: ClassVar[int] = 20

    def look(self, evidence: Evidence) -> ResultFinding | None:
        if evidence.model.target.classes:
            return None
        filler = find_filler(evidence.train.frame[evidence.target])
        if filler is None or filler.shown in evidence.genuine:
            return None
        filled = evidence.test.y == filler.value
        words, figures = evidence.scores_with_and_without(filled) if filled.any() else ("", {})
        sentence = (
            f"{evidence.target} is {filler.shown} in {filler.share:.1%} of the training rows, far from all others"
            f" ({filler.others}): a filler for no value? {_capital(words)}Add it, as the file writes it, to"
            " missing_values and drop rows without a target (rule drop_missing), or drop its rows (rule drop_values)."
        )
        counts = {"value": filler.value, "share": filler.share, "test_rows": int(np.sum(filled))}
        return ResultFinding(self.kind_name(), "act", sentence, "data", (evidence.target,), {**counts, **figures})


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}. " if words else ""
