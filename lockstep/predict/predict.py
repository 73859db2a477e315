"""Predictions for the rows of a file, batch by batch: a file larger than memory will do."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from lockstep.errors import DataError, system_reason
from lockstep.guards.text.messages import listed, shown
from lockstep.model.saved import SavedModel
from lockstep.predict.row_files import CSV, PACKED_CSV, RowFile, Writer, open_reader
from lockstep.project.blocks import chosen_dataset
from lockstep.storage.tables import atomic_write

# How a column of a type is read from CSV; a type that is not here stays text for the intake to read.
FAST = {"number": pa.float64(), "integer": pa.int64()}


def predict_file(source: str, target: str, model: SavedModel, keep: Sequence[str] = (), *, force: bool = False) -> int:
    """Write what a model says of each row of a file, in order; returns the number of rows.

    The file appears when it is whole; until then, and if anything fails, an earlier one stays as it was.

    Args:
        source: A CSV, CSV.GZ or Parquet file of raw rows.
        target: The file to write, in any of these formats: the columns of SavedModel.table, doubles in full.
        model: The model.
        keep: Columns of the source that go first, as they are.
        force: Whether an existing file is replaced.

    Raises:
        DataError: if a file, a column or a value is not as it must be.
    """
    rows, answers = RowFile.of_name(source), RowFile.of_name(target)
    _refuse_target(rows.path, answers.path, force)
    intake = model.raw_rows
    reader = open_reader(rows, list(intake.columns), intake.missing_values)
    _refuse_kept(keep, reader.names, model, source)
    for note in intake.check_columns(reader.names, source):
        print(f"lockstep: note: {note}", file=sys.stderr)
    types = {name: FAST.get(column.type, pa.string()) for name, column in intake.columns.items()}
    types = {name: types[name] for name in types if name in reader.names} | dict.fromkeys(keep, pa.string())
    from_csv, done = rows.kind in (CSV, PACKED_CSV), 0
    try:
        with (
            atomic_write(answers.path) as part,
            Writer(part, answers.kind, target) as writer,
            _Progress(reader.done) as progress,
        ):
            for batch in reader.batches(types):
                said = model.predict_raw(batch, source, done)
                writer.write(_with_kept(batch, keep, said, blank_is_missing=from_csv))
                done += batch.num_rows
                progress.update(done)
            if not done:
                empty = pa.table({name: pa.array([], kind) for name, kind in types.items()})
                writer.write(_with_kept(empty, keep, model.predict_raw(empty, source), blank_is_missing=from_csv))
    except OSError as error:
        raise DataError(
            f"{target}: cannot be written: {system_reason(error)}; check the disk and its permissions"
        ) from None
    return done


def _refuse_target(source: Path, target: Path, force: bool) -> None:
    if target.is_dir():
        raise DataError(f"{target}: is a folder; name a file")
    if not target.exists():
        return
    if source.exists() and source.samefile(target):
        raise DataError(f"{target}: is the input too; name another file for the predictions")
    if not force:
        raise DataError(f"{target}: exists already; --force replaces it")


def _refuse_kept(keep: Sequence[str], present: Sequence[str], model: SavedModel, source: str) -> None:
    for name in keep:
        if name not in present:
            raise DataError(f"{source}: no column {name!r} to keep; it has: {listed(present)}")
        if name in model.prediction_columns:
            raise DataError(f"--keep {name}: the predictions have a column of this name; rename it in {source}")


def _with_kept(batch: pa.Table, keep: Sequence[str], said: pd.DataFrame, *, blank_is_missing: bool) -> pa.Table:
    kept: Mapping[str, pa.ChunkedArray] = {name: batch.column(name) for name in keep}
    if blank_is_missing:
        kept = {name: pc.if_else(pc.equal(values, ""), None, values) for name, values in kept.items()}
    return pa.table(dict(kept) | {name: pa.Array.from_pandas(said[name]) for name in said.columns})


class _Progress:
    """A bar for the person at the terminal.

    Args:
        done: Tells the share of the work that is done, 0 to 1.
    """

    def __init__(self, done: Callable[[], float]) -> None:
        self._done = done
        form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
        self._bar = tqdm(total=1.0, desc="predict", bar_format=form, disable=not sys.stderr.isatty(), leave=False)

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, rows: int) -> None:
        """Show how many rows are done."""
        if not self._bar.disable:
            self._bar.set_description_str(f"predict: {rows:,} rows", refresh=False)
            self._bar.update(min(self._done(), 1.0) - self._bar.n)


@dataclass(frozen=True)
class LoadedModel:
    """A model with its name.

    Attributes:
        model: The model.
        name: Its folder, or its address in MLflow with the version it stood for.
    """

    model: SavedModel
    name: str

    @property
    def summary(self) -> str:
        """What answers, in one line: model, dataset, target and version."""
        origin = self.model.origin
        dataset = shown(origin.dataset) if origin else "unknown"
        version = f"Lockstep {shown(origin.version)}" if origin else "saved by an earlier version of Lockstep"
        return f"{self.name}: dataset {dataset}, target {shown(self.model.target.column)}, {version}"

    @property
    def warnings(self) -> list[str]:
        """One line where params.yaml is about another dataset than the model."""
        origin, dataset = self.model.origin, chosen_dataset()
        if origin is None or dataset in (None, origin.dataset):
            return []
        return [
            f"{self.name} was trained on dataset {shown(origin.dataset)}, params.yaml names {shown(str(dataset))};"
            " `dvc repro` trains a model on that one"
        ]


@contextmanager
def loaded_model(place: str) -> Iterator[LoadedModel]:
    """A model in a folder, or at an address in MLflow such as models:/NAME@champion or runs:/ID/model.

    Raises:
        DataError: if there is no model, or it does not know the raw table.
        TrackingError: if MLflow has no model at the address.
    """
    if not re.match(r"^\w[\w+-]*:/", place):
        yield LoadedModel(SavedModel.load(Path(place)), place)
        return
    from lockstep.tracking.logged_model import downloaded_model

    with downloaded_model(place) as (folder, name):
        yield LoadedModel(SavedModel.load(folder), name)
