"""How the times of day and durations of a column of texts are written."""

from lockstep.inspect.proposal import Proposal, Texts


def propose_times(name: str, texts: Texts) -> Proposal | None:
    """The notation in which a column's texts are times of day; None if they are none."""


def propose_durations(name: str, texts: Texts) -> Proposal | None:
    """The notation in which a column's texts are durations; None if they are none."""
