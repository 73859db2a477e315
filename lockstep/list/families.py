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
        more: What its page adds, in Markdown.
        block: What precedes an example in YAML: the dash of a list, or the key of a block.
        facts: Class attributes to show, of classes without settings.
    """

    plural: str
    module: str
    constant: str
    title: str
    place: str
    more: str
    block: str
    facts: tuple[str, ...] = ()

    @property
    def kind(self) -> "Kind[Any]":
        """The kind; imports its module, but none of its classes."""
        kind: Kind[Any] = getattr(import_module(self.module), self.constant)
        return kind


FAMILIES = {
    family.plural: family
    for family in (
        Family(
            plural="steps",
            module="lockstep.features.step",
            constant="STEPS",
            title="Feature steps",
            place="A recipe, under `features` in datasets/NAME.yaml, is a list of steps.",
            more="What holds for all of them: [Feature recipes](features.md).",
            block="- ",
        ),
        Family(
            plural="groups",
            module="lockstep.features.group",
            constant="GROUPS",
            title="Groups of features",
            place="An automatic recipe in datasets/NAME.yaml tries all groups, or those that its `groups` lists.",
            more="How they are chosen: [Automatic features](features-auto.md).",
            block="groups: ",
            facts=("made_of",),
        ),
        Family(
            plural="rules",
            module="lockstep.clean.rule",
            constant="RULES",
            title="Cleaning rules",
            place="`clean` in datasets/NAME.yaml is a list of rules, applied in its order.",
            more="New rows at prediction change as the rows of the table did, and none is dropped. How rules are chosen"
            " by `lockstep new-dataset`: [Your own table](bring-your-own-table.md).",
            block="- ",
        ),
        Family(
            plural="metrics",
            module="lockstep.metrics.metric",
            constant="METRICS",
            title="Metrics",
            place="`booster.metric` in params.yaml chooses the one that the search improves; the others are reported.",
            more="Where they stand in the report: [Reading the report](reading-the-report.md).",
            block="booster: ",
            facts=("label", "greater_is_better", "target", "unit", "uses"),
        ),
        Family(
            plural="objectives",
            module="lockstep.fitting.objective",
            constant="OBJECTIVES",
            title="Objectives",
            place="`booster.objective` in params.yaml chooses what a model minimises; `auto` chooses by the target.",
            more="",
            block="booster: ",
            facts=("target", "metric", "is_default", "uses"),
        ),
        Family(
            plural="sources",
            module="lockstep.fetch.source",
            constant="SOURCES",
            title="Sources",
            place="The block `source` in datasets/NAME.yaml says where the table comes from.",
            more="`lockstep new-dataset` writes it: [Your own table](bring-your-own-table.md).",
            block="source: ",
        ),
        Family(
            plural="splits",
            module="lockstep.split.strategy",
            constant="STRATEGIES",
            title="Split strategies",
            place="`split.strategy` in params.yaml chooses how rows become training rows, test rows and folds.",
            more="",
            block="split: ",
            facts=("needs", "forward", "keeps_groups"),
        ),
    )
}
