"""The same features on an older CPU and with another number of threads."""

import hashlib
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.unit.features.examples import CASES, table, target, transformer_of

pytestmark = pytest.mark.slow

# What a machine without AVX2 computes with: numpy's and OpenBLAS's plain paths.
OLDER = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4", "OPENBLAS_CORETYPE": "Prescott"}
PRINT = "from tests.unit.features.test_other_machines import digests; print(*digests(), sep='\\n')"


def digests() -> list[str]:
    """One line per case: the step, and the sha256 of its float64 features of training rows and of new ones."""
    train, new, lines = table(400), table(100, seed=2), []
    for example, n_classes in CASES:
        transformer = transformer_of(example, n_classes)
        made = (
            transformer.fit_transform(train, target(train, n_classes)).tobytes() + transformer.transform(new).tobytes()
        )
        lines.append(f"{example['step']} {n_classes} {hashlib.sha256(made).hexdigest()}")
    return lines


@pytest.mark.parametrize(
    "setting",
    [OLDER, pytest.param({"OMP_NUM_THREADS": "3"}, marks=pytest.mark.long)],
    ids=["older CPU", "three threads"],
)
def test_features_do_not_depend_on_the_machine(setting: dict[str, str]) -> None:
    environment = os.environ | setting | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == digests()
