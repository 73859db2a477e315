"""How optimistic the cross-validated score of a search is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant


@dataclass(frozen=True)
class CvOptimism:
    """The cross-validated score and what is left of it where no fold is scored by what it chose itself.

    Attributes:
        cv: The score as reported; less is better.
        optimism: By how much it is too good (see lockstep.search.reselection).
        corrected: The score with the optimism added.
        r2: R² as reported and corrected; None where the folds have none.
    """

    cv: float
    optimism: float
    corrected: float
    r2: tuple[float, float] | None

    @classmethod
    def of(cls, search: Mapping[str, Any], best: Mapping[str, Any], cv: float | None, r2: float | None) -> Self | None:
        """The optimism of a search; None where it is not known.

        Args:
            search: The content of search.json.
            best: The content of best_params.json.
            cv: The score of the final model in cross-validation, which may have a smaller learning rate than the best
                trial; it is taken to be as optimistic.
            r2: Its R² in cross-validation.
        """
        reselected = search.get("reselected")
        if reselected is None or cv is None:
            return None
        found = float(best[search["score"]])
        optimism = significant(reselected["score"] - found, DIGITS)
        corrected_r2 = reselected["metrics"].get("r2")
        both = (r2, corrected_r2) if r2 is not None and corrected_r2 is not None and cv == found else None
        return cls(cv, optimism, significant(cv + optimism, DIGITS), both)

    def as_dict(self) -> dict[str, Any]:
        """Its record in uncertainty.json."""
        record = {"cv": self.cv, "optimism": self.optimism, "corrected": self.corrected}
        return record if self.r2 is None else {**record, "r2": self.r2[0], "corrected_r2": self.r2[1]}
