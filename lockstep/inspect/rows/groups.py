"""Groups: several rows of one customer, patient or machine, which a random split puts on both sides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lockstep.inspect.rows.likeness import ComparedTarget, agreement_within, codes_of

# Names of things that several rows may belong to; places (zip) are none.
THING = (
    "customer|client|patient|subject|participant|person|user|member|player|athlete|student|pupil|employee|driver|"
    "household|family|machine|device|sensor|engine|unit|vehicle|car|animal|store|shop|branch|company|firm|artist|author|"
    "seller|host|account|contract|policy|case|session|batch|plot|station|site|well|school|hospital|product|item|movie|"
    "property|house|listing|order|invoice"
)
ENTITY_NAME = re.compile(
    rf"(?i:(.*[\W_])?(id|ids|key|uuid|guid)|(.*[\W_])?({THING})([\W_]*(id|no|nr|num|number|code|key|name|ref))?)"
    rf"|.*[a-z](Id|ID|Key)|(?i:({THING}|case)(id|no|nr))"
)
# Rows per group on average, and groups, from which a split by groups makes sense; with fewer rows it is told.
ROWS_PER_GROUP, MIN_GROUPS, SOME_ROWS = 2.0, 20, 1.2
# A column is constant within groups if pairs of their rows agree so much beyond chance.
CONSTANT = 0.9
# Shares of the columns that are constant, and of the target between groups, from which a random split tests on known
# groups, and from which the share is told.
MOST_COLUMNS, MOST_OF_TARGET, TOLD = 0.5, 0.8, 0.1


@dataclass(frozen=True)
class GroupEvidence:
    """What one column says of groups of rows.

    Attributes:
        column: The column whose values name the groups.
        n_groups: Different values.
        rows_per_group: Mean number of rows.
        constant: Other columns that are constant within groups.
        n_columns: Number of other columns.
        between: The share of the target's variance between groups; of classes the agreement beyond chance.
    """

    column: str
    n_groups: int
    rows_per_group: float
    constant: tuple[str, ...]
    n_columns: int
    between: float

    @property
    def known(self) -> bool:
        """Whether a random split tests on things that the training rows know."""
        if self.rows_per_group < ROWS_PER_GROUP:
            return False
        return self.share_of_columns >= MOST_COLUMNS or self.between >= MOST_OF_TARGET

    @property
    def share_of_columns(self) -> float:
        """The share of the other columns that are constant within groups."""
        return len(self.constant) / self.n_columns if self.n_columns else 0.0

    @property
    def text(self) -> str:
        """The evidence as a clause."""
        return (
            f"{self.column} has {self.n_groups:,} values of {self.rows_per_group:.1f} rows each, within which"
            f" {len(self.constant)} of {self.n_columns} other columns are constant; {100 * self.between:.0f}% of the"
            " target lies between them"
        )


def group_evidence(reads: Mapping[str, pd.Series], outcome: ComparedTarget) -> list[GroupEvidence]:
    """What the columns with names of things say of groups, the strongest evidence first.

    Args:
        reads: The columns without the target, and without those that tell nothing or too much.
        outcome: The target of the same rows.
    """
    codes = {name: codes_of(values) for name, values in reads.items()}
    found = []
    for name, groups in codes.items():
        n_groups = int(groups.max()) + 1
        if not ENTITY_NAME.fullmatch(name) or reads[name].isna().any():
            continue
        if n_groups < MIN_GROUPS or len(groups) < SOME_ROWS * n_groups:
            continue
        others = {other: values for other, values in codes.items() if other != name and values.max() > 0}
        constant = tuple(other for other, values in others.items() if agreement_within(values, groups) >= CONSTANT)
        evidence = GroupEvidence(name, n_groups, len(groups) / n_groups, constant, len(others), outcome.within(groups))
        if evidence.known or evidence.between >= TOLD:
            found.append(evidence)
    return sorted(found, key=lambda each: (-each.known, -each.share_of_columns, -each.between))
