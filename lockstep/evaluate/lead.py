"""The verdict about a lead, in three words: better, not shown, worse."""

from enum import StrEnum


class LeadVerdict(StrEnum):
    """What the interval of this model's lead over another one shows."""

    BETTER = "better"
    NOT_SHOWN = "not shown"
    WORSE = "worse"

    @classmethod
    def of(cls, low: float | None, high: float | None) -> "LeadVerdict":
        """Better if the interval lies above 0, worse if it lies below; without an interval nothing is shown.

        Args:
            low: Lower end of the interval of the lead; None or NaN: there is none.
            high: Upper end.
        """
        if low is not None and low > 0:
            return cls.BETTER
        return cls.WORSE if high is not None and high < 0 else cls.NOT_SHOWN
