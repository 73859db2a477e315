"""What is fuzzed: each takes any bytes and must end well or with a LockstepError, whatever they are."""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from lockstep.check.config import load_config, parse_dataset
from lockstep.errors import LockstepError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import SOURCES
from lockstep.inspect.files.table_file import FileOptions, read_table_file
from lockstep.inspect.inspection import inspect
from lockstep.model.saved import SavedModel
from lockstep.predict.row_files import RowFile, open_reader
from tests.conftest import SETTINGS
from tests.unit.raw_rows import answering, dataset_of, raw_table

DATASET = b"""
about: made
target: {column: y, classes: [low, "high"]}
metric: null
weight: null
exposure: null
source: {kind: csv, path: t.csv, sha256: "%s"}
missing_values: [""]
columns: {a: {type: number, min: 0, max: 1e3}, b: &b {type: date}, y: {type: category}}
clean: [{rule: ratio, name: r, numerator: a, denominator: a}, {rule: drop_outside, column: r, min: -1.5}]
features: {raw: &f [{step: columns, columns: [a]}], full: *f}
judging: {slices: [{by: quantiles, column: a}], coordinates: null}
""" % (b"0" * 64)
FOLDER = Path(tempfile.mkdtemp(prefix="lockstep-fuzz-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def config(data: bytes) -> None:
    """params.yaml, or the dataset file that it names."""
    (FOLDER / "params.yaml").write_bytes(data)
    _ends_well(lambda: load_config(FOLDER))
    _ends_well(lambda: parse_dataset(data.decode("utf-8", errors="replace"), Path("datasets/fuzzed.yaml")))


def table(data: bytes) -> None:
    """A CSV or Parquet file: fetched, inspected by new-dataset, and read by predict."""
    file = FOLDER / "fuzzed.csv"
    file.write_bytes(data)
    csv = SOURCES.parse({"kind": "csv", "path": str(file), "sha256": "0" * 64})
    _ends_well(lambda: csv.parse(Obtained(file, "fuzzed.csv")))
    _ends_well(lambda: _inspected(str(file)))
    _ends_well(lambda: _all_rows(file))


def _inspected(place: str) -> None:
    read = read_table_file(place, FileOptions()).table
    inspect(read, read.column_names[-1])


def _all_rows(file: Path) -> None:
    reader = open_reader(RowFile(file, ".csv"), ["a", "y"], [""])
    for _ in reader.batches(dict.fromkeys([name for name in reader.names if name in "ay"], pa.float64())):
        pass


def booster(data: bytes) -> None:
    """A booster's file among the others of a model, which is then asked for predictions."""
    _answered("booster_0.ubj", data)


def description(data: bytes) -> None:
    """model.json."""
    _answered("model.json", data)


def array(data: bytes) -> None:
    """The array that a feature step learned."""
    _answered("features", data)


def _answered(name: str, data: bytes) -> None:
    good = good_model()
    folder = FOLDER / "model"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good, folder)
    file = sorted((folder / name).iterdir())[0] if name == "features" else folder / name
    file.write_bytes(data)
    rows = raw_table(dataset_of("spotify_tracks"), 5)
    _ends_well(lambda: SavedModel.load(folder).predict_raw(rows))


def good_model() -> Path:
    """A small model of many kinds of features, made once."""
    folder = FOLDER / "good"
    if not folder.exists():
        dataset = dataset_of("spotify_tracks")
        made, _ = answering(dataset, "full", raw_table(dataset, 60))
        made.save(folder)
    return folder


def _ends_well(call: Callable[[], object]) -> None:
    with suppress(LockstepError):
        call()


def beginnings(name: str) -> list[bytes]:
    """Good inputs to start from."""
    if name == "config":
        return [SETTINGS.read_bytes(), DATASET, b"a: &a [*a]", b"<<: [&a {b: 1}, *a]\n? c\n: !!int 3\n"]
    if name == "table":
        rows = "".join(f"{row},{row % 7},{row / 3:.2f},2020-01-{row % 28 + 1:02},x;y\n" for row in range(30))
        text = f"a,b,c,d,y\n{rows}"
        return [text.encode(), text.replace(",", ";").encode("latin-1"), text.encode("utf-16"), b'"a",y\n"1\n",2\n']
    good = good_model()
    if name == "array":
        return [file.read_bytes() for file in sorted((good / "features").iterdir())[:1]]
    return [(good / {"booster": "booster_0.ubj", "description": "model.json"}[name]).read_bytes()]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "config": config,
    "table": table,
    "booster": booster,
    "description": description,
    "array": array,
}
