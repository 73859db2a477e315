"""Cells of the yardstick: what one method reached on one table with one seed of the split; one JSON file of all."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from lockstep.storage.tables import write_json

LOCKSTEP = "lockstep"
METHODS = (LOCKSTEP, "catboost", "lightgbm", "flaml", "autogluon")


@dataclass(frozen=True)
class Cell:
    """One method on one table with one seed.

    Attributes:
        version: Of Lockstep's settings and code, or of what another method runs with; see `is_current`.
        rows: A hash of the training and test rows.
        metric: Name of the metric.
        test: Error on the test rows: the metric, or 1 minus it where greater is better.
        oof: The same of the out-of-fold predictions of the training rows; None where a method makes none.
        wall: Seconds of the search and the fit: of Lockstep the stages tune and train_best.
        cpu: CPU seconds; of Lockstep those of the whole command.
        peak_mib: Peak memory of the process tree, in MiB.
        model_bytes: Size of the model on disk.
        us_per_row: Microseconds per test row, all predicted together, from cleaned columns on.
        details: What else is known of the run: load of the machine, workers, the budget, the best learner.
    """

    version: str
    rows: str
    metric: str
    test: float
    oof: float | None
    wall: float
    cpu: float
    peak_mib: float
    model_bytes: int
    us_per_row: float
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """Which cell: a table, the seed of its split, and a method."""

    table: str
    seed: int
    method: str

    def __str__(self) -> str:
        return f"{self.table}/{self.seed}/{self.method}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that a text names."""
        table, seed, method = text.split("/")
        return cls(table, int(seed), method)


class Cells(dict[Key, Cell]):
    """All cells of a file, which is written after every change."""

    def __init__(self, file: Path) -> None:
        self.file = file
        super().__init__(_read(file))

    def add(self, key: Key, cell: Cell) -> None:
        """Take a cell in, in place of an earlier one, and write the file; cells that another run added there stay."""
        self.update({**_read(self.file), key: cell})
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_json(
            {str(key): asdict(cell) for key, cell in sorted(self.items(), key=lambda item: str(item[0]))}, self.file
        )

    def is_current(self, key: Key, versions: Mapping[str, str]) -> bool:
        """Whether a cell need not be made again.

        Args:
            key: The cell.
            versions: What each method would run with today.

        A cell of another method must also have the rows of Lockstep's cell, if there is one.
        """
        cell, ours = self.get(key), self.get(Key(key.table, key.seed, LOCKSTEP))
        if cell is None or cell.version != versions[key.method]:
            return False
        return ours is None or cell.rows == ours.rows


def _read(file: Path) -> dict[Key, Cell]:
    content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {Key.parse(key): Cell(**cell) for key, cell in content.items()}
