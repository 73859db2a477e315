"""What every feature step promises, whatever it computes."""

from typing import Any

import pytest

from lockstep.features.step import STEPS
from lockstep.testing.steps import check_step
from tests.unit.features.examples import every_case, step_of


@pytest.mark.parametrize("name", STEPS.built_in())
def test_every_step_has_an_example_and_a_summary(name: str) -> None:
    assert STEPS[name].examples()
    assert STEPS[name].summary()


@every_case
def test_every_step_keeps_its_promises(example: dict[str, Any], n_classes: int) -> None:
    # test_other_machines computes all of them in one other process
    check_step(step_of(example), classes=n_classes, fresh_process=False)
