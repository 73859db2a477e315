"""Words that have an order."""

from lockstep.inspect.proposal import Proposal, Texts


def propose_order(name: str, texts: Texts) -> Proposal | None:
    """The order of a column's words; None if they have none."""
