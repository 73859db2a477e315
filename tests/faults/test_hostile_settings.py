"""params.yaml and dataset files that bite: nothing in them runs, grows without end, or leads out of the repository."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from lockstep.check.config import Dataset, load_config
from lockstep.cli import main
from lockstep.errors import ConfigError
from lockstep.features.step import STEPS
from lockstep.guards.text import yaml_file
from lockstep.guards.text.yaml_file import SETTINGS, Limits, parsed_yaml, read_yaml
from tests.conftest import GOOD_ROWS, OwnTable


def _laughs(key: str) -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join([*lines, f"{key}: *i"]) + "\n"


def _merges() -> str:
    return "x0: &x0 {k: 1}\n" + "".join(f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}]}}\n" for n in range(1, 40))


CASES: list[tuple[str, Callable[[str], str], str]] = [
    (
        "a billion laughs",
        lambda text: text.replace("seed: 42", _laughs("seed")),
        "aliases make more than 200000 values",
    ),
    ("merges that double", lambda text: text + _merges(), "aliases make more than 200000 values of it; mend the YAML"),
    (
        "an alias of itself",
        lambda text: text.replace("seed: 42", "seed: &s [*s]"),
        "an alias stands inside what it names",
    ),
    (
        "lists in lists",
        lambda text: text + "x: " + "[" * 5000,
        "more than 20 values are nested; mend the YAML",
    ),
    ("a long value", lambda text: text.replace("seed: 42", f"seed: {'x' * 99999}"), "input should be a valid integer"),
    (
        "a number of 5,000 digits",
        lambda text: text.replace("seed: 42", f"seed: {'9' * 5000}"),
        "a whole number must lie between -9223372036854775808 and 9223372036854775807; mend the YAML",
    ),
    (
        "a Python object",
        lambda text: text + "x: !!python/object/apply:os.system [ls]\n",
        "could not determine a constructor",
    ),
    ("a Python name", lambda text: text + "x: !!python/name:os.system\n", "could not determine a constructor"),
    ("a list called a mapping", lambda _: "!!map [a]", "expected a mapping node"),
    (
        "text called a number",
        lambda text: text.replace("seed: 42", "seed: !!int x"),
        "a value of type int cannot be read",
    ),
    (
        "text called truth",
        lambda text: text.replace("seed: 42", "seed: !!bool x"),
        "a value of type bool cannot be read",
    ),
    (
        "a day that is none",
        lambda text: text + "x: !!timestamp 2020-99-99\n",
        "a value of type timestamp cannot be read",
    ),
    ("half a character", lambda text: text + 'x: "\\ud800"\n', "half a character, a lone surrogate"),
    ("two documents", lambda text: text + "---\nseed: 1\n", "but found another document"),
    ("a NUL", lambda text: text + "\0", "special characters are not allowed"),
    (
        "a dataset above the folder",
        lambda text: text.replace("dataset: own", "dataset: ../own"),
        "dataset: '../own': string sh",
    ),
    (
        "a dataset below the folder",
        lambda text: text.replace("dataset: own", "dataset: a/own"),
        "dataset: 'a/own': string sh",
    ),
    (
        "a dataset anywhere",
        lambda text: text.replace("dataset: own", "dataset: /etc/own"),
        "dataset: '/etc/own': string sh",
    ),
    (
        "a line end in a dataset",
        lambda text: text.replace("dataset: own", 'dataset: "own\\n"'),
        "dataset: 'own\\n': string",
    ),
    (
        "a file too large",
        lambda text: text + "# " + "x" * 2**24,
        "params.yaml: is larger than 4 MiB; make the file smaller",
    ),
    (
        "a number of 400 digits",
        lambda text: text.replace("max_leaves: {low: 2, high: 128,", f"max_leaves: {{low: 2, high: 1{'0' * 400},"),
        "a whole number must lie between -9223372036854775808 and 9223372036854775807; mend the YAML",
    ),
    ("a number without digits", lambda text: text + 'x: !!float ""\n', "a value of type float cannot be read"),
    (
        "a number in sixties",
        lambda text: text + f'x: !!float "{":".join(["1"] * 200)}"\n',
        "a value of type float cannot be read",
    ),
    ("no character", lambda text: text + 'x: "\\UFFFFFFFF"\n', "an escape or a version is out of range; mend"),
    ("one character too far", lambda text: text + 'x: "\\U00110000"\n', "an escape or a version is out of range; mend"),
    ("a long version", lambda text: f"%YAML 1.{'1' * 5000}\n---\n{text}", "an escape or a version is out of range"),
    (
        "a key that steers the terminal",
        lambda text: text + '"\\e]0;owned\\a\\e[2J": 1\n',
        r"params.yaml: '\x1b]0;owned\x07\x1b[2J': unknown key",
    ),
    (
        "a value that steers the terminal",
        lambda text: text.replace("seed: 42", 'seed: "\\e[2J"'),
        r"params.yaml: seed: '\x1b[2J': input should be",
    ),
    ("a long key", lambda text: text + f"? {'k' * 200_000}\n: 1\n", f"params.yaml: {'k' * 80}...: unknown key"),
    (
        "a long key twice",
        lambda text: text + f"? {'k' * 200_000}\n: 1\n" * 2,
        f"key '{'k' * 80}' occurs twice; mend the YAML",
    ),
    (
        "a long name of a dataset",
        lambda text: text.replace("dataset: own", f"dataset: {'o' * 300}"),
        "string should match pattern",
    ),
]


@pytest.mark.parametrize(("change", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_settings_that_bite_are_refused_in_one_short_line(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str], change: Callable[[str], str], line: str
) -> None:
    own_table.write(GOOD_ROWS)
    own_table.set_params(change(Path("params.yaml").read_text(encoding="utf-8")))
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("lockstep: params.yaml: ")
    assert line in said
    assert said.count("\n") == 1
    assert said.removesuffix("\n").isprintable()
    assert len(said) < 400


def test_a_file_of_too_many_values_is_refused_before_its_end_is_read() -> None:
    text = f"x: [{'1,' * 2000} and no end"
    with pytest.raises(ConfigError, match=r"params\.yaml: line 1: the file holds more than 1000 values; mend the YAML"):
        parsed_yaml(text, Path("params.yaml"), Limits(n_bytes=2**20, n_values=1000))


def test_ten_thousand_described_columns_are_within_the_limits() -> None:
    # a tenth of them, and of the limits
    names = [f"column_of_a_wide_table_{number}" for number in range(1000)]
    facts = "{type: number, min: 0, max: 1000.5, missing: true, about: some words about this column}"
    text = f"columns:\n{''.join(f'  {name}: {facts}' + chr(10) for name in names)}"
    text += f"features:\n  raw: [{', '.join(names)}]\n  full: [{', '.join(names)}]\n"
    assert len(text) < SETTINGS.n_bytes // 10
    limits = Limits(SETTINGS.n_bytes // 10, SETTINGS.n_values // 10)
    assert len(parsed_yaml(text, Path("wide.yaml"), limits)["columns"]) == 1000


def test_a_lock_file_may_be_larger_than_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_file, "SETTINGS", Limits(n_bytes=2**20, n_values=1000))
    text = "# " + "x" * 2**20 + "\nstages: {}\n"
    for name in ("dvc.lock", "params.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_yaml(tmp_path / "dvc.lock") == {"stages": {}}
    with pytest.raises(ConfigError, match="is larger than 1 MiB; make the file smaller"):
        read_yaml(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    "step",
    [
        {"step": "log", "columns": [f"c{number}" for number in range(100_000)]},
        {"step": "rotate", "x": "a", "y": "b", "angles": [number / 1000 for number in range(100_000)]},
    ],
    ids=["columns", "angles"],
)
def test_names_are_compared_once_however_many_there_are(step: dict[str, object]) -> None:
    # each with each would be 10^10 comparisons
    made = STEPS.parse(step).makes()
    assert len(made) == 100_000


@pytest.mark.parametrize(
    "step",
    [
        {"step": "date_parts", "columns": ["a"], "parts": ["year"] * 10},
        {"step": "neighbours", "columns": ["a"], "k": list(range(1, 102)), "of": ["b"]},
        {"step": "local_linear", "columns": ["a"], "inputs": ["b"], "k": list(range(2, 103))},
    ],
    ids=lambda step: step["step"],
)
def test_a_step_does_not_multiply_columns_without_end(step: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"Tuple should have at most \d+ items"):
        STEPS.parse(step)


def test_a_chain_of_rules_needs_no_more_memory_for_each_way_through_it() -> None:
    rules, read = list[dict[str, str]](), "a"
    for number in range(18):
        rules.append({"rule": "ratio", "name": f"r{number}", "numerator": read, "denominator": read})
        read = f"r{number}"
    facts: dict[str, object] = {
        "about": "",
        "target": "y",
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {"kind": "sklearn", "loader": "diabetes"},
        "missing_values": [""],
        "columns": {"a": {"type": "number"}, "y": {"type": "number"}},
        "clean": rules,
        "features": {"raw": [{"step": "columns", "columns": ["a", read]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    Dataset.model_validate(facts)
    tracemalloc.start()
    Dataset.model_validate(facts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # there are 2^18 ways
    assert peak < 2**20


@pytest.mark.parametrize("file", ["..", "../t.csv", "/etc/passwd", "a/b.csv", "a\\b.csv"])
def test_a_mirrors_file_is_a_name_not_a_path(own_table: OwnTable, file: str) -> None:
    own_table.write(GOOD_ROWS)
    facts = Path("datasets/own.yaml")
    text = facts.read_text(encoding="utf-8")
    digest = text.split('sha256: "')[1][:64]
    mirrored = f"urls: [http://127.0.0.1:9/t.csv], mirror: {{file: '{file}', sha256: null}}, sha256: \"{digest}\""
    facts.write_text(text.replace(f'path: own.csv, sha256: "{digest}"', mirrored), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"source\.mirror\.file: .*: string should match pattern"):
        load_config()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://h/t.csv", "/etc/passwd", "javascript:x"])
def test_an_address_is_http(own_table: OwnTable, address: str) -> None:
    own_table.write(GOOD_ROWS)
    facts = Path("datasets/own.yaml")
    facts.write_text(
        facts.read_text(encoding="utf-8").replace("path: own.csv", f"urls: ['{address}']"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"source\.urls\[0\]: .*: string should match pattern"):
        load_config()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://[bad/t.csv", "http://[bad/t.csv"),
        ("http://me:geheim@[bad/t.csv?token=geheim", "http://[bad/t.csv"),
        ("http://h:geheim/t.csv", "http://h:geheim/t.csv"),
        ("https://h:99999/t.csv", "https://h:99999/t.csv"),
        ("https:///t.csv", "https:///t.csv"),
        ("http://me:geheim@/t.csv", "http:///t.csv"),
        ("https://me:ge heim@h/t.csv", "https://h/t.csv"),
    ],
)
def test_an_address_can_be_read(own_table: OwnTable, address: str, shown: str) -> None:
    own_table.write(GOOD_ROWS)
    facts = Path("datasets/own.yaml")
    facts.write_text(
        facts.read_text(encoding="utf-8").replace("path: own.csv", f"urls: ['{address}']"), encoding="utf-8"
    )
    line = f"datasets/own.yaml: source.urls[0]: {shown!r} cannot be read; write http(s)://HOST/PATH"
    with pytest.raises(ConfigError) as error:
        load_config()
    assert str(error.value) == line


@pytest.mark.parametrize(
    "source",
    [
        "kind: csv, urls: ['ftp://me:geheim@h/t.csv?token=geheim'], sha256: null",
        "kind: csv, urls: 'http://me:geheim@h/t.csv', sha256: null",
        "kind: csv, urls: [{of: 'http://me:geheim@h/t.csv?token=geheim'}], sha256: null",
        f"kind: csv, urls: ['ftp://me:geheim{'x' * 200}@h/t.csv'], sha256: null",
        "kind: 'http://me:geheim@h/t.csv', sha256: null",
        "'http://me:geheim@h/t.csv': csv, kind: csv, sha256: null",
        f"'http://me:geheim{'x' * 200}@h/t.csv': csv, kind: csv, sha256: null",
        f"? 'http://me:geheim{'x' * 200}@source'\n, ? 'http://me:geheim{'x' * 200}@source'\n",
    ],
)
def test_passwords_are_cut_from_what_is_wrong_with_settings(own_table: OwnTable, source: str) -> None:
    own_table.write(GOOD_ROWS)
    facts = Path("datasets/own.yaml")
    text = facts.read_text(encoding="utf-8")
    facts.write_text(re.sub("source: {.*}", f"source: {{{source}}}", text), encoding="utf-8")
    with pytest.raises(ConfigError, match="source") as error:
        load_config()
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "-x", "x\n", "x.yaml", "\x1b[2J"])
def test_a_new_datasets_name_is_no_path(own_table: OwnTable, capsys: pytest.CaptureFixture[str], name: str) -> None:
    own_table.write(GOOD_ROWS)
    before = sorted(Path().rglob("*"))
    # an empty name means the file's own
    assert main(["new-dataset", "own.csv", "--target", "y", f"--name={name or '/'}"]) == 1
    said = capsys.readouterr().err
    assert "must begin with a letter or digit" in said
    assert "\x1b" not in said
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("place", ["/dev/zero", "/proc/self/mem", "."])
def test_a_path_to_no_regular_table_is_refused(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    own_table.write(GOOD_ROWS)
    facts = Path("datasets/own.yaml")
    facts.write_text(facts.read_text(encoding="utf-8").replace("own.csv", place), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        own_table.run("fetch")
    assert end.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
