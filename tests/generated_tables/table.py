"""One generated table: its columns, its target, and the file that holds it."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.generated_tables.blemishes import copy_of, with_blemishes
from tests.generated_tables.kinds import FAMILIES
from tests.generated_tables.made import KINDS, Made, chance, one_of
from tests.generated_tables.targets import NAMES as TARGET_NAMES
from tests.generated_tables.targets import leaks, made_target
from tests.tables.draws import Random

MIN_ROWS, MAX_ROWS = 40, 400
MIN_COLUMNS, MAX_COLUMNS = 3, 12
# Numbers that leave a signal in every table, so that there is something to learn.
FIRST = ("decimals", "whole_numbers", "with_unit", "divided_thousands", "percent", "decimal_commas")
ODD_NAMES = ("{} [m]", "{} (net)", "Ø {}", "{}<5", "the {}?", "{}_%", " {}")


@dataclass(frozen=True)
class Column:
    """A column and the name of its kind."""

    kind: str
    made: Made


@dataclass(frozen=True)
class Table:
    """A table whose truth is known.

    Attributes:
        seed: What it was made of.
        columns: Its columns by name, in order.
        target: The column to predict.
    """

    seed: int
    columns: Mapping[str, Column]
    target: str

    def write(self, folder: Path) -> Path:
        """Write its file, in a random dialect; returns the file."""
        random = np.random.default_rng([2, self.seed])
        if chance(random, 0.12):
            return self._write_parquet(folder)
        text = self._csv(random)
        encoding = _encoding(random, text)
        data = text.encode(encoding)
        packed = chance(random, 0.05)
        file = folder / ("table.csv.gz" if packed else "table.csv")
        file.write_bytes(gzip.compress(data, mtime=0) if packed else data)
        return file

    def _csv(self, random: Random) -> str:
        buffer = io.StringIO()
        always = chance(random, 0.15)
        ends = "\r\n" if chance(random, 0.3) else "\n"
        delimiter = one_of(random, (",", ",", ",", ";", ";", "\t", "|"))
        writer = csv.writer(
            buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL, lineterminator=ends
        )
        writer.writerow(self.columns)
        writer.writerows(zip(*(column.made.texts for column in self.columns.values()), strict=True))
        return buffer.getvalue()

    def _write_parquet(self, folder: Path) -> Path:
        file = folder / "table.parquet"
        arrays = [_typed(column.made) for column in self.columns.values()]
        pq.write_table(pa.table(arrays, names=list(self.columns)), file)
        return file


def _typed(made: Made) -> pa.Array:
    if made.typed is not None:
        return pa.Array.from_pandas(made.typed)
    return pa.array([text or None for text in made.texts], pa.string())


def _encoding(random: Random, text: str) -> str:
    encoding = one_of(random, ("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"))
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "utf-8"
    return encoding


def make_table(seed: int) -> Table:
    """The table of a seed; the same seed gives the same table."""
    random = np.random.default_rng([1, seed])
    n_rows = int(np.exp(random.uniform(np.log(MIN_ROWS), np.log(MAX_ROWS + 1))))
    n_columns = int(random.integers(MIN_COLUMNS, MAX_COLUMNS + 1))
    kinds = [one_of(random, FIRST), *(_any_kind(random) for _ in range(n_columns - 2))]
    columns = [Column(name, with_blemishes(KINDS[name](random, n_rows), random)) for name in kinds]
    signals = [column.made.signal for column in columns if column.made.signal is not None]
    kind, target = made_target(random, signals)
    if chance(random, 0.1):
        columns.insert(1, Column("copy", copy_of(columns[0].made, random)))
    if chance(random, 0.2):
        columns += [Column(name, made) for name, leak in leaks(random, kind, target).items() for made in leak]
    columns.insert(0 if chance(random, 0.3) else len(columns), Column(kind, target))
    named = _named(random, columns)
    name = next(name for name, column in named.items() if column.made is target)
    return Table(seed, named, name)


def _any_kind(random: Random) -> str:
    """A kind of a random family, so that a family with many kinds is not drawn more often."""
    family = one_of(random, tuple(FAMILIES))
    return one_of(random, FAMILIES[family])


def _named(random: Random, columns: Sequence[Column]) -> dict[str, Column]:
    """Columns by different names, some of them odd."""
    named = dict[str, Column]()
    for column in columns:
        taken = {name.strip().lower() for name in named}
        free = [name for name in column.made.names if name.strip().lower() not in taken]
        # a number in front, since readers go by the end of names such as customer_id
        name = one_of(random, free or [f"{len(named)} {name}" for name in column.made.names])
        if column.made.names is not TARGET_NAMES and column.made.truth.feature and chance(random, 0.06):
            odd = one_of(random, ODD_NAMES).format(name)
            name = name if odd.strip().lower() in taken else odd
        named[name] = column
    return named
