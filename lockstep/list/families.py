"""The kinds that `lockstep list` knows, by the plural of their names."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockstep.project.kinds import Kind


@dataclass(frozen=True)
class Family:
    """One kind, as the command and its page present it.

    Attributes:
        plural: The command's argument, and the name of the page.
        module: The module that defines the kind.
        constant: The kind's name there.
        title: The title of the page.
        place: Where settings name one of its classes, in one sentence.
        block: What precedes an example in YAML: the dash of a list, or the key of a block.
    """

    plural: str
    module: str
    constant: str
    title: str
    place: str
    block: str

    @property
    def kind(self) -> "Kind[Any]":
        """The kind; imports its module, but none of its classes."""
        kind: Kind[Any] = getattr(import_module(self.module), self.constant)
        return kind


FAMILIES = {
    family.plural: family
    for family in (
        Family(
            "steps",
            "lockstep.features.step",
            "STEPS",
            "Feature steps",
            "The entries of a recipe, under `features` in datasets/NAME.yaml.",
            "- ",
        ),
        Family(
            "rules",
            "lockstep.clean.rule",
            "RULES",
            "Cleaning rules",
            "The entries of the list `clean` in datasets/NAME.yaml, applied in its order.",
            "- ",
        ),
        Family(
            "metrics",
            "lockstep.metrics.metric",
            "METRICS",
            "Metrics",
            "`booster.metric` in params.yaml chooses the one that the search improves; the others are reported.",
            "booster: ",
        ),
        Family(
            "objectives",
            "lockstep.fitting.objective",
            "OBJECTIVES",
            "Objectives",
            "`booster.objective` in params.yaml chooses what a model minimises; `auto` chooses by the target.",
            "booster: ",
        ),
        Family(
            "sources",
            "lockstep.fetch.source",
            "SOURCES",
            "Sources",
            "The block `source` in datasets/NAME.yaml says where the table comes from.",
            "source: ",
        ),
        Family(
            "splits",
            "lockstep.split.strategy",
            "STRATEGIES",
            "Split strategies",
            "`split.strategy` in params.yaml chooses how rows are divided into training rows, test rows and folds.",
            "split: ",
        ),
    )
}
