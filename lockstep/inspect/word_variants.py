"""Variants of one word in a column."""

from lockstep.inspect.proposal import Proposal, Texts


def propose_variants(texts: Texts) -> Proposal | None:
    """The spelling to which variants of a word are brought; None if there are none."""
