"""params.yaml and dataset files that bite: nothing in them runs, grows without end, or leads out of the repository."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.cli import main
from lockstep.config import load_config
from lockstep.errors import ConfigError
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
        "aliases make more than 2000000 values",
    ),
    ("merges that double", lambda text: text + _merges(), "aliases make more than 2000000 values of it; mend the YAML"),
    (
        "an alias of itself",
        lambda text: text.replace("seed: 42", "seed: &s [*s]"),
        "an alias stands inside what it names",
    ),
    ("lists in lists", lambda text: text + "x: " + "[" * 5000, "params.yaml: is nested too deeply; mend the YAML"),
    ("a long value", lambda text: text.replace("seed: 42", f"seed: {'x' * 99999}"), "input should be a valid integer"),
    (
        "a number of 5,000 digits",
        lambda text: text.replace("seed: 42", f"seed: {'9' * 5000}"),
        "a value of type int cannot",
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
        "params.yaml: is larger than 16 MiB; make the file smaller",
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
    assert len(said) < 400


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
