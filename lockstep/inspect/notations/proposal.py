"""How a column of texts may be read: what new-dataset would write about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The different texts of a column and the rows of each, without texts that mean "no value" in every column.
Texts = Mapping[str, int]


@dataclass(frozen=True)
class Proposal:
    """One way to read a column of texts.

    Attributes:
        facts: The keys of its entry in the dataset file, as of `lockstep.clean.column_block.Column`.
        why: The reason for a comment, with a sample where the notation is unusual; empty if there is nothing to say.
        odd: Texts that cannot be read this way and would become missing values of the column.
        notes: Comments for the person, such as a choice that the values do not settle.
    """

    facts: Mapping[str, Any]
    why: str = ""
    odd: frozenset[str] = field(default_factory=frozenset)
    notes: tuple[str, ...] = ()
