"""lockstep new-dataset: files of every shape become dataset files that load, and mistakes one line."""

import gzip
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.check.config import Dataset, load_config
from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.cleaning import clean_table
from lockstep.clean.columns import convert_columns
from lockstep.cli import main
from lockstep.errors import ConfigError
from lockstep.features.features_block import start_of
from lockstep.inspect.update import updated
from tests.conftest import OwnTable
from tests.made_tables import TABLES, write
from tests.unit.test_sources import Server, server

__all__ = ["server"]
ROWS = "a,b,y\n" + "".join(f"{row * 37 % 41},{row % 7}.5,{row * row % 23}\n" for row in range(40))


@pytest.fixture(autouse=True)
def folder(own_table: OwnTable) -> Path:
    """A project without a table; the working directory."""
    return own_table.folder


def _new(place: str, target: str = "y", *more: str) -> int:
    return main(["new-dataset", place, "--target", target, *more])


def _loaded(name: str) -> Dataset:
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace("dataset: own", f"dataset: {name}"), encoding="utf-8")
    return load_config().dataset


def _refused(capsys: pytest.CaptureFixture[str], line: str, place: str, *more: str, target: str = "y") -> None:
    before = sorted(Path("datasets").iterdir())
    assert _new(place, target, *more) == 1
    errors = capsys.readouterr().err
    assert line in errors
    assert errors.count("\n") == 1
    assert sorted(Path("datasets").iterdir()) == before


@pytest.mark.parametrize("name", TABLES)
def test_a_made_table_gets_a_dataset_file_that_loads_and_cleans(name: str, folder: Path) -> None:
    file, target = write(name, folder, n_rows=600), TABLES[name][1]
    assert _new(file.name, target) == 0
    text = Path(f"datasets/{name}.yaml").read_text(encoding="utf-8")
    dataset = _loaded(name)
    frame, _ = convert_columns(dataset.source.load(), dataset.columns, dataset.missing_values, name)
    for rule in dataset.clean:
        frame = apply_rule(frame, rule)
    assert list(frame.columns[1:]) == list(dataset.clean_types())
    assert len(frame) == 600
    assert yaml.safe_load(text)["source"]["path"] == file.name
    assert _new(file.name, target, "--force") == 0
    assert Path(f"datasets/{name}.yaml").read_text(encoding="utf-8") == text


def _features(dataset: Dataset, recipe: str = "full") -> set[str]:
    return {column for step in start_of(dataset.features[recipe]) for column in step.reads()}


def test_leaks_and_identifiers_of_the_made_tables_are_no_features(folder: Path) -> None:
    for name, left_out in {
        "house_sales": {"sale_id", "price_per_m2", "country", "living_area_sqft"},
        "bank_churn": {"", "customer"},
        "crops": {"crop code"},
        "bike_rentals": {"instant", "casual", "registered", "unit"},
        "used_cars": {"ref"},
        "songs": {"track_id", "chart_points", "markets", "preview"},
    }.items():
        file = write(name, folder, n_rows=600)
        assert _new(file.name, TABLES[name][1]) == 0
        dataset = Dataset.model_validate(yaml.safe_load(Path(f"datasets/{name}.yaml").read_text(encoding="utf-8")))
        renamed = {old: new for rule in dataset.clean for old, new in rule.renames().items()}
        expected = {renamed.get(column, column) for column in dataset.columns} - left_out - {TABLES[name][1]}
        assert _features(dataset) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_delimiter_and_encoding_are_found(delimiter: str, encoding: str) -> None:
    special = "\u2019" if encoding == "cp1252" else "é"
    text = "a,naïve,y\n" + "".join(f"{row % 13},x{special}{row % 3},{row * row % 23}\n" for row in range(40))
    content = text.replace(",", delimiter).encode(encoding)
    for name, written in (("t.csv", content), ("t.csv.gz", gzip.compress(content, mtime=0))):
        Path(name).write_bytes(written)
        assert _new(name, "y", "--force") == 0
        table = _loaded("t").source.load()
        assert table.column_names == ["a", "naïve", "y"]
        assert table.column("naïve")[1].as_py() == f"x{special}1"


def test_quoted_delimiters_and_line_ends_do_not_mislead() -> None:
    rows = "".join(f'{row};"one, two;\nthree, {row % 4}";{row * row % 23}\n' for row in range(40))
    Path("t.txt").write_text(f"a;b, c, d;y\n{rows}", encoding="utf-8")
    assert _new("t.txt") == 0
    assert list(_loaded("t").columns) == ["a", "b, c, d", "y"]


def test_awkward_names_are_renamed() -> None:
    names = ["a[0]", "a<1", "", "fold", "row_id", "on", 'say "hi"', "é: x", "# 1", "a(0)"]
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(40, len(names))).round(3), columns=names).assign(y=random.normal(size=40))
    frame.to_csv("t.csv", index=False)
    assert _new("t.csv") == 0
    dataset = _loaded("t")
    assert dataset.columns["row_id"].type == "ignore"
    assert dataset.columns[""].type == "ignore"
    expected = {"a(0)_2", "a_below_1", "fold_column", "on", 'say "hi"', "é: x", "# 1", "a(0)"}
    assert _features(dataset) == expected


def test_a_target_without_a_name_gets_one() -> None:
    random = np.random.default_rng(0)
    pd.DataFrame({"a": random.normal(size=40), "": random.normal(size=40)}).to_csv("t.csv", index=False)
    assert _new("t.csv", "") == 0
    assert _loaded("t").target == "unnamed"


INDEXES: dict[str, Callable[[np.random.Generator], Sequence[object]]] = {
    "shuffled": lambda random: random.permutation(5000)[:120].tolist(),
    "words": lambda random: [f"Model {number}" for number in range(120)],
    "decimals": lambda random: random.normal(size=120).round(3).tolist(),
    "sorted": lambda random: range(120),
}


@pytest.mark.parametrize("values", INDEXES)
@pytest.mark.parametrize(
    "name", ["", " ", "Unnamed: 0", "Unnamed: 0.1", "Unnamed: 0_level_0", "...1", "__index_level_0__"]
)
def test_an_index_that_was_written_along_is_left_out(name: str, values: str) -> None:
    random = np.random.default_rng(3)
    table = {name: INDEXES[values](random), "a": random.normal(size=120).round(3), "y": random.normal(size=120)}
    frame = pd.DataFrame(table)
    frame.to_parquet("t.parquet", index=False)
    frame.to_csv("t.csv", index=False)
    for file in ("t.csv", "t.parquet"):
        assert _new(file, "y", "--force") == 0
        dataset = _loaded("t")
        assert dataset.columns[name].type == "ignore"
        assert _features(dataset) == {"a"}
        text = Path("datasets/t.yaml").read_text(encoding="utf-8")
        assert "a column without a name, probably an index; to learn from it, name it in the file" in text


def test_a_dataset_file_with_a_feature_without_a_name_is_refused() -> None:
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    assert _new("t.csv") == 0
    first = next(iter(_loaded("t").columns))
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    Path("datasets/t.yaml").write_text(re.sub(rf"\b{first}\b", '""', text), encoding="utf-8")
    with pytest.raises(
        ConfigError, match="columns: '': a column without a name cannot be a feature; state type ignore"
    ):
        _loaded("t")


INFINITE = [float("inf"), float("-inf")]


@pytest.mark.parametrize("share", [0.03, 0.2])
def test_infinite_numbers_are_missing_values_in_every_format(share: float) -> None:
    random = np.random.default_rng(0)
    ratio = random.normal(size=200).round(3)
    ratio[: int(200 * share)] = INFINITE * int(100 * share)
    frame = pd.DataFrame({"ratio": ratio, "b": random.normal(size=200).round(3), "y": random.normal(size=200)})
    frame.to_csv("t.csv", index=False)
    frame.to_parquet("t.parquet", index=False)
    frame.astype({"ratio": "float32"}).to_parquet("small.parquet", index=False)
    cleaned = {}
    for file in ("t.csv", "t.parquet", "small.parquet"):
        assert _new(file, "y", "--force", "--name", "t") == 0
        dataset = _loaded("t")
        assert set(dataset.columns["ratio"].missing_values) == {"inf", "-inf"}
        assert dataset.columns["ratio"].missing
        assert _features(dataset) == {"ratio", "b"}
        frame, _ = clean_table(dataset.source.load(), dataset, "t")
        cleaned[file] = frame["ratio"]
        assert frame["ratio"].isna().sum() == int(200 * share)
    pd.testing.assert_series_equal(cleaned["t.csv"], cleaned["t.parquet"])


def test_rows_without_a_target_are_dropped_by_a_rule() -> None:
    Path("t.csv").write_text(ROWS + "1,2.5,\n", encoding="utf-8")
    assert _new("t.csv") == 0
    dataset = _loaded("t")
    assert [rule.kind_name() for rule in dataset.clean] == ["drop_missing"]
    assert dataset.columns["y"].missing


def test_classes_by_option() -> None:
    Path("t.csv").write_text(ROWS.replace("y\n", "grade\n"), encoding="utf-8")
    assert _new("t.csv", "grade", "--classes") == 0
    assert len(_loaded("t").classes) == 12


def test_the_next_command_of_a_table_with_exposures_names_the_objective(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{number % 3},{number % 7 / 10},{1 + number % 5}.5\n" for number in range(40))
    Path("claims.csv").write_text(f"n,a,years\n{rows}", encoding="utf-8")
    assert _new("claims.csv", "n", "--exposure", "years") == 0
    assert "next: dvc exp run -S dataset=claims -S booster.objective=poisson  (" in capsys.readouterr().out


def test_a_url_is_read_and_pinned(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.answers = [(200, {}, ROWS.encode())]
    place = f"http://127.0.0.1:{server.server_port}/data/my%20table.csv?x=1"
    assert _new(place, "y", "--name", "mine") == 0
    assert "next: dvc exp run -S dataset=mine" in capsys.readouterr().out
    source = _loaded("mine").source
    assert source.load().num_rows == 40
    server.answers = [(404, {}, b"")]
    _refused(capsys, "HTTP 404", place, "--name", "other")


def test_a_url_is_not_read_from_a_mirror(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mirror").mkdir()
    (folder / "mirror/t.csv").write_text(ROWS.replace("37", "38"), encoding="utf-8")
    monkeypatch.setenv("LOCKSTEP_DATA_MIRROR", "mirror")
    server.answers = [(200, {}, ROWS.encode())]
    place = f"http://127.0.0.1:{server.server_port}/t.csv"
    assert _new(place) == 0
    assert hashlib.sha256(ROWS.encode()).hexdigest() in Path("datasets/t.yaml").read_text(encoding="utf-8")
    capsys.readouterr()
    server.answers = [(404, {}, b"")]
    _refused(capsys, "Remedy: connect to the network, or correct the address", place, "--name", "other")


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_line_ends_of_other_machines_are_read(end: str) -> None:
    Path("t.csv").write_bytes(ROWS.replace("\n", end).encode())
    assert _new("t.csv") == 0
    assert _loaded("t").source.load().num_rows == 40


def test_a_long_field_is_read() -> None:
    rows = "".join(f"{'x' * (200_000 if row == 3 else 5 + row % 3)},{row * row % 23}\n" for row in range(40))
    Path("t.csv").write_text(f"note,y\n{rows}", encoding="utf-8")
    assert _new("t.csv") == 0
    assert _loaded("t").source.load().num_rows == 40


def test_only_what_clashes_with_a_name_is_left_out() -> None:
    random = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=200, freq="30h")
    tags = [";".join(random.choice(["rock", "pop", "jazz", "folk"], 2, replace=False)) for _ in range(200)]
    frame = pd.DataFrame({"sold": days.date, "bought": days[::-1].date, "tags": tags, "y": random.normal(size=200)})
    frame["town"] = random.choice([f"town {number}" for number in range(20)], 200)
    frame["street"] = random.choice([f"street {number}" for number in range(20)], 200)
    for name in ("sold_month", "target_town", "tags_n_parts"):
        frame[name] = random.normal(size=200).round(3)
    frame.to_csv("t.csv", index=False)
    assert _new("t.csv") == 0
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    steps = start_of(_loaded("t").features["full"])
    made = {name for step in steps for name in step.makes()}
    assert {"sold_weekday", "bought_month", "bought_weekday", "target_street", "count_town", "tags_target"} <= made
    comments = [line for line in text.splitlines() if "has the name" in line]
    assert comments == [
        "    # left out because a column or another step has the name: sold_month, target_town, tags_n_parts"
    ]


def test_the_name_comes_from_the_file() -> None:
    Path("My table (1).CSV").write_text(ROWS, encoding="utf-8")
    assert _new("My table (1).CSV") == 0
    assert Path("datasets/My_table_1.yaml").exists()


def test_a_file_inside_the_repository_is_named_relative_to_it(folder: Path) -> None:
    (folder / "tables").mkdir()
    (folder / "tables/t.csv").write_text(ROWS, encoding="utf-8")
    assert _new(str(folder / "tables/t.csv")) == 0
    assert 'path: "tables/t.csv"' in Path("datasets/t.yaml").read_text(encoding="utf-8")


def test_an_existing_dataset_file_stays_without_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    Path("datasets/t.yaml").write_text("mine", encoding="utf-8")
    _refused(capsys, "datasets/t.yaml: exists already; take another --name, add what is new with --update", "t.csv")
    assert Path("datasets/t.yaml").read_text(encoding="utf-8") == "mine"


FILES = [
    ("empty", b"", "t.csv: the file is empty"),
    ("header only", b"a,b,y\n", "t.csv: has a header but no rows"),
    ("one column", b"y\n" + b"1\n2\n" * 20, "t.csv: holds one column, whether divided by comma"),
    ("HTML", b"<!DOCTYPE html><html>log in</html>", "t.csv: is an HTML page, not a table"),
    ("spreadsheet", b"PK\x03\x04" + b"\0" * 99, "t.csv: is a zip archive or a spreadsheet"),
    ("JSON", b'[{"a": 1}', "t.csv: cannot be read as JSON: "),
    ("binary", b"a,b\n\0\0\0\1", "t.csv: is no table: neither text nor Parquet"),
    ("damaged gzip", b"\x1f\x8b\x08\0broken", "t.csv: damaged gzip file"),
    ("damaged Parquet", b"PAR1broken", "t.csv: is no readable Parquet file"),
    (
        "ragged",
        b"a,b,y\n" + b"1,2,3\n" * 20 + b"1,2\n",
        "t.csv: cannot be read as CSV: row 21: has 2 values, the header",
    ),
    (
        "no header",
        b"1,2,3\n" + b"4,5,6\n" * 20,
        "t.csv: the first line has numbers or dates, not names: 1, 2, 3; name the columns with",
    ),
    ("unknown target", ROWS.replace("y\n", "yield\n").encode(), "--target y: the table has no such column"),
]


@pytest.mark.parametrize(("content", "line"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_holds_no_table_is_one_line(capsys: pytest.CaptureFixture[str], content: bytes, line: str) -> None:
    Path("t.csv").write_bytes(content)
    _refused(capsys, line, "t.csv")


def test_wrong_places_and_names_are_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    Path("é.csv").write_text(ROWS, encoding="utf-8")
    _refused(capsys, "absent.csv: no such file; put it there or correct the path", "absent.csv")
    _refused(capsys, "datasets: the folder has no file; name a file, or a folder of Parquet", "datasets")
    _refused(capsys, "--name 'a b': must begin with a letter or digit", "t.csv", "--name", "a b")
    _refused(capsys, "é.csv: no dataset name can be made of its name; choose one with --name", "é.csv")
    (folder / "params.yaml").unlink()
    _refused(capsys, "params.yaml: no such file; run this from the repository's root", "t.csv")


def test_a_parquet_file_of_nothing_but_texts_has_recipes() -> None:
    random = np.random.default_rng(0)
    titles = [f"some title number {row}" for row in range(60)]
    pd.DataFrame({"title": titles, "y": random.normal(size=60)}).to_parquet("t.parquet")
    assert _new("t.parquet") == 0
    assert _features(_loaded("t"), "raw") == {"title"}


def test_the_table_may_be_wide(capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    columns = {f"column number {index}": random.normal(size=50) for index in range(120)}
    pa.parquet.write_table(pa.table({**columns, "y": random.normal(size=50)}), "t.parquet")
    assert _new("t.parquet") == 0
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines() if line.startswith("      ")) <= 120
    assert len(_features(_loaded("t"))) == 120
    assert len(capsys.readouterr().out.splitlines()) < 10


@pytest.mark.parametrize(("days", "gap"), [(range(40), True), ([day // 2 for day in range(40)], False)])
def test_a_gap_is_suggested_where_each_row_has_its_own_date(days: Sequence[int], gap: bool) -> None:
    first = pd.Timestamp("2024-01-01")
    frame = pd.DataFrame({"day": [first + pd.Timedelta(days=day) for day in days], "y": np.arange(40) ** 2 % 23})
    frame.to_csv("series.csv", index=False)
    assert _new("series.csv") == 0
    text = Path("datasets/series.yaml").read_text(encoding="utf-8").replace("\n# ", " ")
    assert "split.strategy=time split.time=day" in text
    assert ("split.gap=7d" in text) == gap


def test_an_update_keeps_what_a_person_wrote_and_adds_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    assert _new("t.csv") == 0
    file = Path("datasets/t.yaml")
    mine = re.sub(r"  a: .*", "  a: {type: category}  # my own words", file.read_text(encoding="utf-8"))
    mine = mine.replace("raw:", "mine:")
    file.write_text(mine, encoding="utf-8")
    frame = pd.read_csv("t.csv")
    frame.insert(1, "colour", ["red", "blue"] * 20)
    frame.assign(last=np.arange(40) ** 2).to_csv("t.csv", index=False)
    capsys.readouterr()
    assert _new("t.csv", "y", "--update") == 0
    printed, text = capsys.readouterr().out, file.read_text(encoding="utf-8")
    lines = mine.splitlines()
    digest = hashlib.sha256(Path("t.csv").read_bytes()).hexdigest()
    kept = [line for line in lines if "sha256" not in line]
    assert [line for line in text.splitlines() if line in kept] == kept
    assert digest in text
    assert list(yaml.safe_load(text)["columns"]) == ["a", "colour", "b", "y", "last"]
    assert "columns.a: kept {type: category}; today: {type: integer" in printed
    assert "added     colour" in printed
    assert "features.raw: kept null; today: [{step: columns" in printed
    _loaded("t")


def test_an_update_without_a_file_or_without_a_column_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    _refused(capsys, "datasets/t.yaml: no such file to update; leave out --update", "t.csv", "--update")
    assert _new("t.csv") == 0
    before = Path("datasets/t.yaml").read_bytes()
    pd.read_csv("t.csv").drop(columns="b").to_csv("t.csv", index=False)
    _refused(capsys, "columns.b: the table has no such column", "t.csv", "--update")
    assert Path("datasets/t.yaml").read_bytes() == before


def test_an_update_reads_the_file_as_the_dataset_file_says_and_is_stable(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{number**2 % 41};größer{number % 2};{number % 7}\n" for number in range(40))
    Path("t.csv").write_text(f"Ein Titel\nn;größe;y\n{rows}", encoding="cp1252")
    assert _new("t.csv", "y", "--header", "n,size,y", "--encoding", "cp1252") == 0
    file = Path("datasets/t.yaml")
    # a person knows better than any guess
    mine = file.read_text(encoding="utf-8").replace("cp1252", "latin-1").replace("  n: {type", "  no: {type")
    mine = mine.replace("header: [n,", 'header: ["no",').replace("columns: [n", 'columns: ["no"')
    file.write_text(mine, encoding="utf-8")
    assert _new("t.csv", "y", "--update") == 0
    assert file.read_text(encoding="utf-8") == mine
    with Path("t.csv").open("a", encoding="cp1252") as table:
        table.write("40;kleiner;3\n")
    assert _new("t.csv", "y", "--update") == 0
    once = file.read_bytes()
    assert _new("t.csv", "y", "--update") == 0
    assert file.read_bytes() == once
    _loaded("t")
    _refused(capsys, "--encoding: with --update the block source", "t.csv", "--update", "--encoding", "cp1252")
    Path("u.csv").write_bytes(Path("t.csv").read_bytes())
    _refused(capsys, "source: is t.csv, not u.csv; correct it there", "u.csv", "--update", "--name", "t")


def test_long_entries_are_readable_and_an_update_moves_them_whole(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["north side of the river", "south side of the river", "east end of the city", "west end of the city"]
    frame = pd.DataFrame({"a": np.arange(60) ** 2 % 53, "y": np.arange(60) % 11})
    frame.to_csv("t.csv", index=False)
    assert _new("t.csv") == 0
    file = Path("datasets/t.yaml")
    block = "  a:  # in block style\n    type: integer\n    # kept"
    mine = re.sub(r"  a: .*", block, file.read_text(encoding="utf-8"))
    file.write_text(mine, encoding="utf-8")
    side = [words[row % 4].upper() if row % 7 == 0 else words[row % 4] for row in range(60)]
    frame.insert(1, "side", side)
    frame.to_csv("t.csv", index=False)
    assert _new("t.csv", "y", "--update") == 0
    text = file.read_text(encoding="utf-8")
    columns = text.partition("\ncolumns:\n")[2].partition("\n\nclean")[0]
    assert max(map(len, columns.splitlines())) <= 118
    entry = columns.splitlines()
    start = entry.index("  side:")
    assert entry[3].startswith("  # spellings of one word made one: ")
    assert entry[start - 1].startswith("  # ")
    assert entry[start + 1] == "    type: category"
    assert entry[:3] == block.splitlines()
    facts = yaml.safe_load(text)["columns"]
    assert list(facts) == ["a", "side", "y"]
    assert facts["side"]["map"][words[0].upper()] == words[0]
    assert _new("t.csv", "y", "--update") == 0
    assert file.read_text(encoding="utf-8") == text


def test_a_total_under_the_table_is_dropped_by_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(ROWS + "1,2,999\n", encoding="utf-8")
    assert _new("t.csv") == 0
    assert "a rule drops the last row" not in capsys.readouterr().out
    Path("t.csv").write_text(ROWS + ",Total,463\n", encoding="utf-8")
    assert _new("t.csv", "y", "--force") == 0
    assert "a rule drops the last row, which seems to be a total" in capsys.readouterr().out
    dataset = _loaded("t")
    frame, _ = clean_table(dataset.source.load(), dataset, "t")
    assert len(frame) == 40


def test_an_update_tells_what_differs_of_a_column_named_like_a_key_of_the_source() -> None:
    text = "source: {{sha256: {0}}}\ncolumns:\n  sha256: {{type: {1}}}\n"
    change = updated(text.format("a" * 64, "text"), text.format("b" * 64, "category"), Path("datasets/t.yaml"))
    assert change.text == text.format("b" * 64, "text")
    assert change.differences == ("columns.sha256: kept {type: text}; today: {type: category}",)
