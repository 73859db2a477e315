"""Digests of what a step learns and computes, here and in a fresh process."""

import json
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lockstep.features.step import STEPS, Step
from lockstep.project.custom import is_custom_module
from lockstep.storage.tables import read_table
from lockstep.testing.comparisons import bytes_of

# The files of `digest_of`: training rows, their target, new rows.
TRAIN, TARGET, NEW = "train.parquet", "target.npy", "new.parquet"
PRINT_DIGEST = "from lockstep.testing.step_digests import digest_of; import sys; print(digest_of(*sys.argv[1:]))"


def digest_of_state(step: Step) -> str:
    """sha256 of what a step learned."""
    digest = sha256()
    for name, value in sorted(step.state().items()):
        content = bytes_of(value) if isinstance(value, np.ndarray) else json.dumps(value, sort_keys=True).encode()
        digest.update(name.encode() + content)
    return digest.hexdigest()


def place_of(step: Step) -> tuple[str, str, str]:
    """Where another process finds the step: the module, the name of the class, the settings as JSON."""
    kind = type(step)
    return kind.__module__, kind.__qualname__, step.model_dump_json()


def digest_of(module: str, name: str, settings: str, n_classes: str, seed: str, folder: str) -> str:
    """sha256 of the features of the training rows and the new rows that lie in a folder.

    Args:
        module: As in `place_of`.
        name: As in `place_of`.
        settings: As in `place_of`.
        n_classes: Number of classes; 0 for a number.
        seed: Seed of random draws.
        folder: The folder with TRAIN, TARGET and NEW.
    """
    kind: Any = STEPS[module.rpartition(".")[2]] if is_custom_module(module) else getattr(import_module(module), name)
    step: Step = kind.model_validate(json.loads(settings)).for_target(int(n_classes), int(seed))
    train, new, y = read_table(Path(folder, TRAIN)), read_table(Path(folder, NEW)), np.load(Path(folder, TARGET))
    return sha256(bytes_of(step.fit_transform(train, y)) + bytes_of(step.fit(train, y).transform(new))).hexdigest()
