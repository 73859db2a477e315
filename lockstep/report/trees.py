"""How large the boosters of a model are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import xgboost as xgb


@dataclass(frozen=True)
class TreeSize:
    """Trees of all boosters of a model.

    Attributes:
        boosters: How many models are averaged.
        rounds: Boosting rounds of each.
        trees: Trees of all of them.
        leaves: Leaves of all trees.
        deepest: Depth of the deepest tree; 0 is a leaf alone.
        mean_depth: Mean depth of the leaves.
    """

    boosters: int
    rounds: int
    trees: int
    leaves: int
    deepest: int
    mean_depth: float

    @classmethod
    def of(cls, boosters: Sequence[xgb.Booster]) -> Self:
        """Count them in XGBoost's text dump, where a tab stands before a node for every step below the root."""
        trees = [tree for booster in boosters for tree in booster.get_dump()]
        depths = [len(line) - len(line.lstrip("\t")) for tree in trees for line in tree.splitlines() if "leaf=" in line]
        rounds = max(booster.num_boosted_rounds() for booster in boosters)
        return cls(len(boosters), rounds, len(trees), len(depths), max(depths), sum(depths) / len(depths))
