"""A step with rows to check it on, and digests of what it learns and computes."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers
from lockstep.features.step import STEPS, Step
from lockstep.storage.tables import read_table, write_table
from lockstep.testing.comparisons import bytes_of
from lockstep.testing.processes import class_at, fresh_output

# The seed of every check.
SEED = 7
# The files of `digest_of`: training rows, their target, new rows.
TRAIN, TARGET, NEW = "train.parquet", "target.npy", "new.parquet"
PRINT_DIGEST = "from lockstep.testing.step_case import digest_of; import sys; print(digest_of(*sys.argv[1:]))"


@dataclass(frozen=True)
class StepCase:
    """A step to check, and rows for it.

    Attributes:
        step: The step; it stays unfitted.
        train: Training rows.
        y: Their target, shape (rows,).
        new: Other rows.
        classes: Number of classes of the target; 0 for a number.
    """

    step: Step
    train: pd.DataFrame
    y: Numbers
    new: pd.DataFrame
    classes: int

    def unfitted(self) -> Step:
        """A copy to fit."""
        return self.step.for_target(self.classes, SEED)

    def fitted(self) -> Step:
        """A fitted copy."""
        return self.unfitted().fit(self.train, self.y)

    def training_features(self) -> Numbers:
        """The features of the training rows."""
        return self.unfitted().fit_transform(self.train, self.y)


def digest_of_state(step: Step) -> str:
    """sha256 of what a step learned."""
    digest = sha256()
    for name, value in sorted(step.state().items()):
        content = (
            bytes_of(value)
            if isinstance(value, np.ndarray)
            else json.dumps(value, sort_keys=True, default=repr).encode()
        )
        digest.update(name.encode() + content)
    return digest.hexdigest()


def digests_here_and_elsewhere(case: StepCase) -> tuple[str, str]:
    """`digest_of` the case in this process and in a fresh one."""
    with TemporaryDirectory() as folder:
        write_table(case.train, Path(folder, TRAIN))
        write_table(case.new, Path(folder, NEW))
        np.save(Path(folder, TARGET), case.y)
        kind = type(case.step)
        where = (kind.__module__, kind.__qualname__, case.step.model_dump_json(), str(case.classes), folder)
        return digest_of(*where), fresh_output(PRINT_DIGEST, *where).strip()


def digest_of(module: str, name: str, settings: str, n_classes: str, folder: str) -> str:
    """sha256 of the features of the training rows and the new rows that lie in a folder.

    Args:
        module: The module of the step's class.
        name: The name of the class.
        settings: The step's settings as JSON.
        n_classes: Number of classes; 0 for a number.
        folder: The folder with TRAIN, TARGET and NEW.
    """
    step: Step = class_at(module, name, STEPS).model_validate(json.loads(settings)).for_target(int(n_classes), SEED)
    train, new, y = read_table(Path(folder, TRAIN)), read_table(Path(folder, NEW)), np.load(Path(folder, TARGET))
    return sha256(bytes_of(step.fit_transform(train, y)) + bytes_of(step.fit(train, y).transform(new))).hexdigest()
