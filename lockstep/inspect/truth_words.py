"""The words of truth values."""

from lockstep.clean.conversion import BOOLEAN_WORDS
from lockstep.inspect.proposal import Proposal, Texts


def propose_truth(name: str, texts: Texts) -> Proposal | None:
    """The words with which a column's texts are truth values; None if they are none."""
    words = {text.strip().lower() for text in texts}
    if not words <= BOOLEAN_WORDS.keys() or len({BOOLEAN_WORDS[word] for word in words}) < 2:
        return None
    return Proposal({"type": "boolean"})
