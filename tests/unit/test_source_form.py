"""A file in the form of the model's source is answered as the same rows in Parquet, or one line says why not."""

import gzip
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from lockstep.check.config import parse_dataset
from lockstep.errors import DataError
from lockstep.model.saved import SavedModel
from lockstep.model.source_options import SourceOptions
from lockstep.predict import row_files
from lockstep.predict.predict import predict_file
from lockstep.predict.source_form import open_rows
from tests.unit.raw_rows import answering

pytestmark = pytest.mark.slow

FACTS = """
about: made
target: y
metric: null
weight: null
exposure: null
source: {kind: sklearn, loader: diabetes}
missing_values: [""]
columns: {größe: {type: number}, ort: {type: category}, y: {type: number}}
clean: []
features: {all: [{step: columns, columns: [größe, ort]}]}
judging: {slices: [], coordinates: null}
"""
NAMES = ["größe", "ort", "y"]
PLACES = ("Köln", "Bonn", "Zürich")
LATIN = {"kind": "csv", "encoding": "latin-1", "delimiter": ";"}


def _rows() -> pa.Table:
    random = np.random.default_rng(0)
    places = [PLACES[number] for number in random.integers(0, 3, 60)]
    sizes = random.random(60).round(3)
    targets = sizes + [PLACES.index(place) for place in places]
    return pa.table(dict(zip(NAMES, ([str(size) for size in sizes], places, map(str, targets)), strict=True)))


@pytest.fixture(scope="module")
def trained() -> SavedModel:
    return answering(parse_dataset(FACTS, Path("facts")), "all", _rows())[0]


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _of(model: SavedModel, **source: Any) -> SavedModel:
    block = SourceOptions(source={"path": "t.csv", "sha256": "0" * 64, **source})
    return replace(model, intake=replace(model.raw_rows, source=block.reading))


def _text(delimiter: str = ",", header: str | None = None) -> str:
    rows = [delimiter.join(values) for values in zip(*_rows().to_pydict().values(), strict=True)]
    return "\n".join([*([delimiter.join(NAMES)] if header is None else [header] if header else []), *rows]) + "\n"


def _answers(model: SavedModel, name: str) -> list[float]:
    predict_file(name, "out.parquet", model, force=True)
    answers: list[float] = pd.read_parquet("out.parquet")["predicted"].tolist()
    return answers


FORMS: dict[str, tuple[dict[str, Any], str, bytes]] = {
    "no header": ({"kind": "csv", "header": NAMES}, "in.data", _text(header="").encode()),
    "no header, packed": ({"kind": "csv", "header": NAMES}, "in.data.gz", gzip.compress(_text(header="").encode())),
    "no header, with the names all the same": ({"kind": "csv", "header": NAMES}, "in.csv", _text().encode()),
    "Latin-1": (LATIN, "in.csv", _text(";").encode("latin-1")),
    "Latin-1, packed": (LATIN, "in.csv.gz", gzip.compress(_text(";").encode("latin-1"))),
    "Latin-1 without header": (LATIN | {"header": NAMES}, "in.txt", _text(";", "").encode("latin-1")),
    "Latin-1 with the names": (LATIN | {"header": NAMES}, "in.txt", _text(";").encode("latin-1")),
    "UTF-8 and commas in place of Latin-1": (LATIN, "in.csv", _text().encode()),
    "wide characters": ({"kind": "csv", "encoding": "utf-16"}, "in.csv", _text().encode("utf-16")),
    "a delimiter of its own": ({"kind": "csv", "delimiter": ":"}, "in.csv", _text(":").encode()),
}


def _workbook(*titles: str, filled: str) -> bytes:
    """A workbook whose sheets of these names are empty, but for one."""
    workbook, stream = Workbook(), io.BytesIO()
    workbook.remove(workbook.worksheets[0])
    for title in titles:
        sheet = workbook.create_sheet(title)
        for row in ([NAMES, *zip(*_rows().to_pydict().values(), strict=True)]) if title == filled else ():
            sheet.append(list(row))
    workbook.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("titles", [("Data", "New"), ("New",), ("Notes", "New")])
def test_new_rows_of_a_workbook_need_not_have_the_name_of_the_sources_sheet(
    trained: SavedModel, own_folder: Path, titles: tuple[str, ...]
) -> None:
    model = _of(trained, kind="excel", sheet="Data")
    pq.write_table(_rows(), "in.parquet")
    Path("in.xlsx").write_bytes(_workbook(*titles, filled=titles[0] if "Data" in titles else "New"))
    assert _answers(model, "in.xlsx") == _answers(model, "in.parquet")


@pytest.mark.parametrize(("titles", "filled"), [(("Data", "New"), "New"), (("New", "Newer"), "")])
def test_the_rows_of_another_sheet_are_not_read_in_silence(
    trained: SavedModel, own_folder: Path, titles: tuple[str, ...], filled: str
) -> None:
    """The source's sheet is there and empty, or no sheet has values."""
    Path("in.xlsx").write_bytes(_workbook(*titles, filled=filled))
    with pytest.raises(DataError, match=r"^in\.xlsx: "):
        _answers(_of(trained, kind="excel", sheet="Data"), "in.xlsx")


@pytest.mark.parametrize(("source", "name", "content"), FORMS.values(), ids=FORMS)
def test_a_file_like_the_source_is_answered(
    trained: SavedModel,
    own_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: dict[str, Any],
    name: str,
    content: bytes,
) -> None:
    monkeypatch.setattr(row_files, "BATCH_ROWS", 16)
    model = _of(trained, **source)
    pq.write_table(_rows(), "in.parquet")
    Path(name).write_bytes(content)
    assert _answers(model, name) == _answers(model, "in.parquet")
    told = "in.csv: is UTF-8 text, and is read as such; the source of the model is latin-1"
    assert (told in capsys.readouterr().err) == (
        source == LATIN and content.isascii() is False and b"K\xc3\xb6" in content
    )


def test_the_form_is_kept_with_the_model_and_the_place_is_not(trained: SavedModel, tmp_path: Path) -> None:
    _of(trained, **LATIN).save(tmp_path / "new")
    trained.save(tmp_path / "old")
    assert SavedModel.load(tmp_path / "new").raw_rows.source == LATIN
    assert SavedModel.load(tmp_path / "old").raw_rows.source == {}
    assert "source" not in (tmp_path / "old/model.json").read_text()


@pytest.mark.parametrize(
    ("source", "name", "content", "line"),
    [
        (
            {"kind": "csv", "header": NAMES},
            "in.csv",
            _text(header="größe,Ort,y"),
            "in.csv: no column 'ort'; the model needs: größe, ort",
        ),
        (
            {"kind": "csv", "header": NAMES},
            "in.csv",
            _text(header="0.5,Bonn"),
            "in.csv: cannot be read as CSV: row 1: has 2",
        ),
        ({"kind": "csv", "header": NAMES}, "none.data", None, "none.data: No such file or directory"),
        ({"kind": "csv"}, "in.csv", _text(header="a,b,c"), "in.csv: no column 'größe'; the model needs: größe, ort"),
        ({"kind": "sklearn", "loader": "diabetes"}, "in.data", _text(), "in.data: the format is unknown"),
        ({"kind": "papyrus"}, "in.csv", _text(), "the model learned from a source of kind papyrus, which this version"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    trained: SavedModel, own_folder: Path, source: dict[str, Any], name: str, content: str | None, line: str
) -> None:
    if content is not None:
        Path(name).write_text(content)
    with pytest.raises(DataError) as refused:
        predict_file(name, "out.csv", _of(trained, **source))
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_a_first_line_that_can_be_names_or_a_row_is_refused(trained: SavedModel, own_folder: Path) -> None:
    facts = (
        FACTS.replace("größe", '"1"')
        .replace("ort", '"2"')
        .replace("y: {", '"3": {')
        .replace("target: y", 'target: "3"')
    )
    rows = _rows().rename_columns(["1", "2", "3"])
    model = _of(answering(parse_dataset(facts, Path("facts")), "all", rows)[0], kind="csv", header=["1", "2", "3"])
    Path("in.csv").write_text(_text(header="1,2,3"))
    with pytest.raises(
        DataError, match=r"^in.csv: its first line, 1, 2, 3, can be the names of the columns or a row; "
    ):
        open_rows("in.csv", model.raw_rows)
    Path("in.csv").write_text(_text(header="1,Bonn,3"))
    assert len(_answers(model, "in.csv")) == 61
