"""Predictions for the rows of a file, batch by batch, so that it may be larger than memory."""

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

from lockstep.clean.column_block import Column
from lockstep.errors import ConfigError, DataError, system_reason
from lockstep.guards.text.messages import listed, shown
from lockstep.model.intake import is_sent_as_number
from lockstep.model.missing_cells import MissingCells
from lockstep.model.saved import SavedModel
from lockstep.predict.row_files import RowFile, Writer
from lockstep.predict.source_form import open_rows
from lockstep.project.blocks import Blocks, chosen_dataset
from lockstep.project.paths import DATASETS
from lockstep.storage.tables import atomic_write
from lockstep.table.target import TargetBlock

# The Arrow type in which a column of plain numbers is read from CSV; other columns are text, as the intake reads it.
CSV_TYPES = {"number": pa.float64(), "integer": pa.int64()}


def predict_file(
    source: str,
    target: str,
    model: SavedModel,
    keep: Sequence[str] = (),
    *,
    force: bool = False,
    strict: bool = False,
) -> int:
    """Write a model's prediction of each row of a file, in order; returns the number of rows.

    The file appears once it is complete; until then, and if anything fails, an earlier one stays unchanged.

    Args:
        source: A CSV, CSV.GZ or Parquet file of raw rows, or a file in the form of the model's source.
        target: The file to write, in any of these formats: the columns of SavedModel.table, doubles in full precision.
        model: The model.
        keep: Columns of the source that are copied, unchanged, before the predictions.
        force: Replace an existing file.
        strict: Refuse a missing value in a column that had none in training; else a warning names it.

    Raises:
        DataError: for an invalid file, column or value.
    """
    output = RowFile.of_name(target)
    _check_target(Path(source), output.path, force)
    intake, missing = model.raw_rows, None if strict else MissingCells()
    reader, notes = open_rows(source, intake)
    _check_kept_columns(keep, reader.names, model, source)
    for note in (*notes, *intake.check_columns(reader.names, source)):
        print(f"lockstep: note: {note}", file=sys.stderr)
    types = {name: _csv_type(column) for name, column in intake.columns.items() if name in reader.names}
    types |= dict.fromkeys(keep, pa.string())
    from_csv, n_done = reader.is_text, 0
    try:
        with (
            atomic_write(output.path) as part,
            Writer(part, output.kind, target) as writer,
            _Progress(reader.done) as progress,
        ):
            for batch in reader.batches(types):
                predictions = model.predict_raw(batch, source, n_done, missing)
                writer.write(_add_kept(batch, keep, predictions, blank_is_missing=from_csv))
                n_done += batch.num_rows
                progress.update(n_done)
            if not n_done:
                empty = pa.table({name: pa.array([], kind) for name, kind in types.items()})
                writer.write(_add_kept(empty, keep, model.predict_raw(empty, source), blank_is_missing=from_csv))
    except OSError as error:
        raise DataError(
            f"{target}: cannot be written: {system_reason(error)}; check the disk and its permissions"
        ) from None
    if missing is not None and (warning := missing.message(source)):
        print(f"lockstep: warning: {warning}; --strict refuses them", file=sys.stderr)
    return n_done


def _csv_type(column: Column) -> pa.DataType:
    return CSV_TYPES.get(column.type, pa.string()) if is_sent_as_number(column) else pa.string()


def _check_target(source: Path, target: Path, force: bool) -> None:
    if target.is_dir():
        raise DataError(f"{target}: is a folder; name a file")
    if not target.exists():
        return
    if source.exists() and source.samefile(target):
        raise DataError(f"{target}: is also the input; name another file for the predictions")
    if not force:
        raise DataError(f"{target}: exists already; --force replaces it")


def _check_kept_columns(keep: Sequence[str], present: Sequence[str], model: SavedModel, source: str) -> None:
    for name in keep:
        if name not in present:
            raise DataError(f"{source}: no column {name!r} to keep; it has: {listed(present)}")
        if name in model.prediction_columns:
            raise DataError(f"--keep {name}: the predictions have a column of this name; rename it in {source}")


def _add_kept(batch: pa.Table, keep: Sequence[str], predictions: pd.DataFrame, *, blank_is_missing: bool) -> pa.Table:
    columns: Mapping[str, pa.ChunkedArray] = {name: batch.column(name) for name in keep}
    if blank_is_missing:
        columns = {name: pc.if_else(pc.equal(values, ""), None, values) for name, values in columns.items()}
    return pa.table(dict(columns) | {name: pa.Array.from_pandas(predictions[name]) for name in predictions.columns})


class _Progress:
    """A progress bar on a terminal.

    Args:
        done: Returns the share of the work that is done, 0 to 1.
    """

    def __init__(self, done: Callable[[], float]) -> None:
        self._done = done
        bar_format = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
        self._bar = tqdm(total=1.0, desc="predict", bar_format=bar_format, disable=not sys.stderr.isatty(), leave=False)

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, rows: int) -> None:
        """Show the number of rows done."""
        if not self._bar.disable:
            self._bar.set_description_str(f"predict: {rows:,} rows", refresh=False)
            self._bar.update(min(self._done(), 1.0) - self._bar.n)


@dataclass(frozen=True)
class LoadedModel:
    """A model with its name.

    Attributes:
        model: The model.
        name: Its folder, or its address in MLflow with the version.
    """

    model: SavedModel
    name: str

    @property
    def summary(self) -> str:
        """The model in one line: name, dataset, target and version."""
        origin = self.model.origin
        dataset = shown(origin.dataset) if origin else "unknown"
        version = f"Lockstep {shown(origin.version)}" if origin else "saved by an earlier version of Lockstep"
        return f"{self.name}: dataset {dataset}, target {shown(self.model.target.column)}, {version}"

    @property
    def warnings(self) -> list[str]:
        """One line where params.yaml is about another dataset than the model, or about another target of it."""
        origin, dataset = self.model.origin, chosen_dataset()
        if origin is None or dataset is None:
            return []
        if dataset != origin.dataset:
            return [
                f"{self.name} was trained on dataset {shown(origin.dataset)}, params.yaml names {shown(dataset)};"
                " `dvc repro` trains a model on that one"
            ]
        target = _chosen_target()
        if target in (None, self.model.target.column):
            return []
        return [
            f"{self.name} predicts {shown(self.model.target.column)}, {DATASETS / dataset}.yaml names the target"
            f" {shown(str(target))}; `dvc repro` trains a model of that one"
        ]


def _chosen_target() -> str | None:
    """The target of the chosen dataset; None if its file cannot be read, which is not this command's business."""
    try:
        return Blocks.read().facts(TargetBlock).target_column
    except ConfigError:
        return None


@contextmanager
def loaded_model(place: str, *, trust_code: bool = False) -> Iterator[LoadedModel]:
    """Load a model from a folder, or from an address in MLflow such as models:/NAME@champion or runs:/ID/model.

    Args:
        place: The folder or address.
        trust_code: Whether the model's own copy of custom steps and rules may run.

    Raises:
        DataError: if there is no model, or it lacks the description of the raw table.
        TrackingError: if MLflow has no model at the address.
    """
    if not re.match(r"^\w[\w+-]*:/", place):
        yield LoadedModel(SavedModel.load(Path(place), trust_code=trust_code), place)
        return
    from lockstep.tracking.logged_model import downloaded_model

    with downloaded_model(place) as (folder, name):
        yield LoadedModel(SavedModel.load(folder, trust_code=trust_code), name)
