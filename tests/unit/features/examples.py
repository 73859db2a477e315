"""The examples of every built-in step, for targets of every kind."""

from typing import Any

import pytest

from lockstep.features.step import STEPS, Step

EXAMPLES: list[dict[str, Any]] = [
    {"step": name, **example} for name in STEPS.built_in() for example in STEPS[name].examples()
]
# Steps that learn from the target, so that its kind matters: a number, two classes, three classes.
SUPERVISED = ("target_encode", "neighbours", "linear", "local_linear", "words")
N_CLASSES = (0, 2, 3)


def learns_from_target(example: dict[str, Any]) -> bool:
    return example["step"] in SUPERVISED or "encode" in example


def step_of(example: dict[str, Any], n_classes: int = 0) -> Step:
    """The unfitted step of an example, as in a dataset file."""
    step: Step = STEPS.parse(example)
    return step.for_target(n_classes, 7)


def _fits(example: dict[str, Any], n_classes: int) -> bool:
    return n_classes == 0 or (learns_from_target(example) and "target_per" not in example)


CASES = [(example, n_classes) for example in EXAMPLES for n_classes in N_CLASSES if _fits(example, n_classes)]


def _has_shorter_sister(example: dict[str, Any], n_classes: int) -> bool:
    """Of classes, the first of a step's examples has the most options and takes the longest; its second stays daily."""
    of_step = [each for each in EXAMPLES if each["step"] == example["step"]]
    return n_classes > 0 and len(of_step) > 1 and example is of_step[0]


every_case = pytest.mark.parametrize(
    ("example", "n_classes"),
    [
        pytest.param(
            *case,
            id=f"{case[0]['step']}-{case[1]}-{number}",
            marks=pytest.mark.long if _has_shorter_sister(*case) else (),
        )
        for number, case in enumerate(CASES)
    ],
)
