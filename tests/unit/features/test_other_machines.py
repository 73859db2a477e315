"""The same features on an older CPU and with another number of threads."""

import hashlib

import pytest

from lockstep.testing.processes import fresh_output
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import CASES, step_of

pytestmark = pytest.mark.slow

PRINT = "from tests.unit.features.test_other_machines import digests; print(*digests(), sep='\\n')"


def digests() -> list[str]:
    """One line per case: the step, and the sha256 of its float64 features of training rows and of new ones."""
    train, new, lines = standard_table(400), standard_table(100, seed=2), []
    for example, n_classes in CASES:
        step = step_of(example, n_classes)
        made = step.fit_transform(train, standard_target(train, n_classes)).tobytes() + step.transform(new).tobytes()
        lines.append(f"{example['step']} {n_classes} {hashlib.sha256(made).hexdigest()}")
    return lines


def test_features_do_not_depend_on_the_machine() -> None:
    assert fresh_output(PRINT).splitlines() == digests()
