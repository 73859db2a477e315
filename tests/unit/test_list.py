"""`lockstep list` and the pages of docs/ about kinds say what the classes say of themselves."""

import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field

from lockstep.cli import main
from lockstep.guards.text.yaml_file import parsed_yaml
from lockstep.list.allowed_values import allowed_values, default_of
from lockstep.list.description import description_of
from lockstep.list.docstring import docstring_of
from lockstep.list.families import FAMILIES, Family
from lockstep.list.listing import entry, listing
from lockstep.list.markdown import page
from lockstep.list.wrapping import WIDTH, wrapped
from lockstep.project.settings import Names, Settings
from tests.conftest import ROOT

CLASSES = [(family, name) for family in FAMILIES.values() for name in family.kind.built_in()]
each_class = pytest.mark.parametrize(("family", "name"), CLASSES, ids=[f"{f.plural}-{n}" for f, n in CLASSES])
each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@each_family
def test_the_committed_page_is_the_generated_one(family: Family) -> None:
    file = ROOT / f"docs/{family.plural}.md"
    assert file.read_text(encoding="utf-8") == page(family), f"{file}: run `make docs`"


def test_make_docs_writes_the_page_of_every_kind() -> None:
    assert f"for kind in {' '.join(FAMILIES)}; do" in (ROOT / "Makefile").read_text(encoding="utf-8")


@each_family
def test_a_list_names_every_class_and_fits_a_terminal(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("80", "120", "300"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = listing(family).splitlines()
        assert max(map(len, lines)) <= min(WIDTH, int(columns))
        for name in family.kind.built_in():
            assert any(line.split()[:1] == [name] for line in lines)


@each_class
def test_an_entry_fits_a_terminal(family: Family, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(map(len, entry(family, name).splitlines())) <= WIDTH


@each_class
def test_every_setting_is_described_and_nothing_else_is(family: Family, name: str) -> None:
    about = description_of(family, name)
    assert about.summary
    assert about.options or about.facts
    assert [option.name for option in about.options if not option.meaning] == []
    own = docstring_of(family.kind[name]).meanings.keys() - docstring_of(family.kind.base).meanings.keys()
    assert own <= {option.name for option in about.options}


@each_class
def test_the_examples_in_yaml_are_those_of_the_class(family: Family, name: str) -> None:
    kind: Any = family.kind[name]
    for text, example in zip(description_of(family, name).examples, kind.examples(), strict=True):
        content = parsed_yaml(text, Path("example.yaml"))
        (settings,) = content if isinstance(content, list) else content.values()
        assert settings == {family.kind.key: name, **_with_lists(example)}


def _with_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_lists(each) for key, each in value.items()}
    return [_with_lists(each) for each in value] if isinstance(value, list | tuple) else value


def test_the_command_prints_a_list_an_entry_and_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    family = FAMILIES["splits"]
    for arguments, expected in (
        ([], listing(family)),
        (["time"], entry(family, "time")),
        (["--markdown"], page(family).removesuffix("\n")),
    ):
        assert main(["list", "splits", *arguments]) == 0
        assert capsys.readouterr().out == f"{expected}\n"


def test_an_unknown_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "splits", "tim"]) == 1
    assert capsys.readouterr().err == (
        "lockstep: list splits: tim: there is no such split strategy, did you mean 'time'?;"
        " built-in: group, group_time, random, stratified, stratified_group, time\n"
    )


CONTAINS = '''
"""contains: whether a text contains a word."""
from lockstep.features.step import Step

class Contains(Step):
    """1 where a text contains a word, else 0.

    Attributes:
        word: The word.
    """
    column: str
    word: str = "new"

    def reads(self): return (self.column,)
    def makes(self): return (f"{self.column}_contains_{self.word}",)
    def transform(self, frame): return frame[[self.column]].to_numpy()
'''


@pytest.fixture
def own_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a project's own step; the project is the working directory."""
    file = tmp_path / "custom/steps/contains.py"
    file.parent.mkdir(parents=True)
    file.write_text(CONTAINS)
    monkeypatch.chdir(tmp_path)
    return file


@pytest.mark.usefixtures("own_step")
def test_the_projects_own_classes_are_listed_last_and_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "steps"]) == 0
    built_in, own = capsys.readouterr().out.split("the project's own, in custom/steps/:\n")
    assert "  ratio " in built_in
    assert own.split("\n") == [
        "  contains        1 where a text contains a word, else 0.",
        "                  column: text; word = new",
        "",
    ]
    assert main(["list", "steps", "contains"]) == 0
    assert capsys.readouterr().out == (
        "step contains, custom/steps/contains.py\n\n1 where a text contains a word, else 0.\n\nsettings:\n"
        "  column          text; must be given\n"
        "  word            text; default new\n                  The word.\n"
    )
    assert main(["list", "steps", "--markdown"]) == 0
    assert "contains a word" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["steps"], ["steps", "contains"]])
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "class Contains(Step):",
            "clas Contains(Step):",
            "custom/steps/contains.py: line 5: invalid syntax; correct it",
        ),
        (
            "    def reads",
            "    def read",
            "custom/steps/contains.py: class Contains does not define reads, which a step must define",
        ),
        (
            "    column: str",
            "    @classmethod\n    def examples(cls): return 1 / 0\n    column: str",
            "custom/steps/contains.py: line 12: ZeroDivisionError: division by zero; correct it",
        ),
        (
            "    column: str",
            "    @classmethod\n    def examples(cls): return 5\n    column: str",
            "custom/steps/contains.py: TypeError: 'int' object is not iterable; correct it",
        ),
    ],
    ids=["syntax", "incomplete", "examples_fail", "examples_are_none"],
)
def test_a_mistake_in_the_projects_own_code_is_one_line(
    own_step: Path, arguments: list[str], before: str, after: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own_step.write_text(CONTAINS.replace(before, after))
    assert main(["list", *arguments]) == 1
    assert capsys.readouterr().err == f"lockstep: {message}\n"


class Inner(Settings):
    a: int
    b: str


Positive = Annotated[float, Field(gt=0)]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "true | false"),
        (Annotated[int, Field(ge=2, le=100)], "whole number 2 to 100"),
        (Positive | None, "number > 0 or null"),
        (Annotated[str, Field(min_length=1), AfterValidator(str)], "text"),
        (Literal["a", "b"], "a | b"),
        (Names, "list of texts"),
        (tuple[str, str], "list of 2 texts"),
        (tuple[str, int], "list of 2: text, whole number"),
        (Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2)], "list of 2 texts"),
        (Annotated[Names, Field(min_length=2)], "list of texts, 2 or more"),
        (tuple[Annotated[int, Field(ge=1)], ...], "list of whole numbers >= 1"),
        (tuple[int | float | str | bool, ...], "list of whole numbers or numbers or texts or true | false"),
        (tuple[Names, ...], "list of lists of texts"),
        (dict[str, Positive], "mapping of texts to numbers > 0"),
        (Inner, "mapping with a, b"),
        (datetime.date, "date"),
        (Any, "anything"),
    ],
)
def test_allowed_values_are_in_words(annotation: Any, words: str) -> None:
    assert allowed_values(annotation) == words


def test_defaults_are_as_in_yaml() -> None:
    class Defaults(Settings):
        needed: int
        none: int | None = None
        flag: bool = False
        names: tuple[str, ...] = ("a", "b")
        scale: dict[str, float] = Field(default_factory=dict)
        separator: str = ";"
        empty: str = ""

    found = {name: default_of(field) for name, field in Defaults.model_fields.items()}
    assert found == {
        "needed": None,
        "none": "null",
        "flag": "false",
        "names": "[a, b]",
        "scale": "{}",
        "separator": '";"',
        "empty": '""',
    }


class Base:
    """A base.

    Attributes:
        shared: What the base
            says.
        other: Replaced below.
    """


class Described(Base):
    """One line,
    and its end.

    More.

    - a list
    - stays

    Args:
        other: Said again.
        own: Its own.

    Raises:
        ValueError: never.
    """


def test_a_docstring_is_taken_apart() -> None:
    text = docstring_of(Described)
    assert text.paragraphs == ("One line, and its end.", "More.", "- a list\n- stays")
    assert text.meanings == {"shared": "What the base says.", "other": "Said again.", "own": "Its own."}


def test_code_is_not_divided_between_lines() -> None:
    assert wrapped("aaa `bb cc` d", width=8) == ["aaa", "`bb cc`", "d"]
