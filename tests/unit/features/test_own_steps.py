"""Steps of the project's own: saved like built-in ones, and their mistakes in one line that names the file."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from lockstep.errors import ConfigError, DataError
from lockstep.features.features_block import Recipe, check_recipe
from lockstep.features.recipe import Features
from lockstep.features.step import STEPS
from lockstep.table.table_columns import TableColumns
from lockstep.table.target import TargetBlock
from lockstep.testing.processes import fresh_output
from lockstep.testing.steps import check_step

CONTAINS = '''"""Whether a text contains a word."""

import numpy as np

from lockstep.features.step import Step


class Contains(Step):
    """1 where the text contains the most frequent word, 0 elsewhere."""

    column: str

    _word: str

    def reads(self):
        return (self.column,)

    def reads_text(self):
        return (self.column,)

    def makes(self):
        return (f"{self.column}_contains",)

    def fit(self, frame, y=None):
        words = " ".join(frame[self.column].dropna()).split()
        self._word = max(sorted(set(words)), key=words.count, default="")
        return self

    def transform(self, frame):
        return np.array([[float(self._word in str(text).split())] for text in frame[self.column]]).reshape(-1, 1)
'''
FRAME = pd.DataFrame({"note": pd.Series(["a b", "b", None, "c"], dtype="str")})
Write = Callable[..., Features]


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes custom/steps/contains.py with changes, and makes features of it."""
    monkeypatch.chdir(tmp_path)
    file = Path("custom/steps/contains.py")
    file.parent.mkdir(parents=True)

    def write(old: str = "", new: str = "") -> Features:
        assert old in CONTAINS
        file.write_text(CONTAINS.replace(old, new) if old else CONTAINS)
        return Features(TypeAdapter(Recipe).validate_python([{"step": "contains", "column": "note"}]))

    return write


def test_it_computes_and_is_saved_like_a_built_in_one(features: Write) -> None:
    made = features()
    x = made.fit_transform(FRAME, np.zeros(4))
    assert (made.names, x[:, 0].tolist()) == (["note_contains"], [1, 1, 0, 0])
    description, arrays = made.state()
    assert description["steps"] == [
        {"step": {"step": "contains", "column": "note"}, "learned": {"word_": "b"}, "arrays": {}}
    ]
    again = Features.from_state(json.loads(json.dumps(description)), arrays)
    np.testing.assert_array_equal(again.transform(FRAME), x)


def test_it_reaches_another_process_whatever_that_imports_from(features: Write) -> None:
    made = features().fit(FRAME, np.zeros(4))
    Path("pickled").write_bytes(pickle.dumps(made))
    code = "import pickle, sys; sys.path.remove(''); made = pickle.load(open('pickled', 'rb')); print(made.state())"
    assert fresh_output(code) == f"{made.state()}\n"


def test_the_public_check_finds_it_in_the_project(features: Write) -> None:
    features()
    check_step(STEPS.parse({"step": "contains", "column": "title"}))
    features(".split())] for text", ".split()) + len(frame)] for text")
    with pytest.raises(AssertionError, match=r"^custom/steps/contains.py: broken promise: .* Row by row they differ"):
        check_step(STEPS.parse({"step": "contains", "column": "title"}))


MISTAKES = [
    (
        "words = ",
        "words = frame['other'] + ",
        ConfigError,
        "custom/steps/contains.py: line 25: KeyError: 'other'; corr",
    ),
    (
        "self._word = ",
        "self._words = ",
        ConfigError,
        "custom/steps/contains.py: line 26: AttributeError: Contains does",
    ),
    ("str(text)", "text", ConfigError, "custom/steps/contains.py: line 30: AttributeError: 'float' object has no attr"),
    (
        "1, 1)",
        "1)",
        DataError,
        "custom/steps/contains.py: computed float64 of shape (4,); an array of float64 of shape",
    ),
    ("float(", "(", DataError, "custom/steps/contains.py: computed bool of shape (4, 1); an array of float64 of shape"),
    (
        ").reshape(-1, 1)",
        ").tolist()",
        DataError,
        "custom/steps/contains.py: computed a list; an array of float64 of",
    ),
    ('_contains",', '[x]",', DataError, "custom/steps/contains.py: makes a feature called note[x]; XGBoost needs text"),
    ('_contains",', '", f"{self.column}",', DataError, "custom/steps/contains.py: makes feature 'note' twice; give"),
]


@pytest.mark.parametrize(("old", "new", "kind", "line"), MISTAKES, ids=[new for _, new, _, _ in MISTAKES])
def test_a_mistake_is_one_line_with_the_file(
    features: Write, old: str, new: str, kind: type[Exception], line: str
) -> None:
    made = features(old, new)
    with pytest.raises(kind) as error:
        made.fit_transform(FRAME, np.zeros(4))
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)


def test_what_fit_does_not_set_is_named_after_it(features: Write) -> None:
    made = features("    _word: str\n", "    _word: str\n    _share: float\n")
    with pytest.raises(ConfigError, match=r"custom/steps/contains.py: .*has no attribute '_share'"):
        made.fit(FRAME, np.zeros(4))


def test_a_mistake_in_what_it_reads_is_found_before_fitting(features: Write) -> None:
    (step,) = features("return (self.column,)", "return (self.colum,)").recipe
    columns, target = TableColumns({"note": "text"}, frozenset()), TargetBlock(target="y")
    with pytest.raises(ConfigError, match=r"custom/steps/contains.py: line 16: AttributeError: .*'colum'; correct it"):
        check_recipe("full", (step,), columns, target)


READS, MAKES = "return (self.column,)\n\n    def reads_text", 'return (f"{self.column}_contains",)'


def test_it_sees_no_column_that_it_does_not_read(features: Write) -> None:
    """The rows of training and evaluation have the target."""
    made = features("str(text).split())] for text in frame[self.column]]", "'b')] for text in frame['y']]")
    with pytest.raises(ConfigError, match=r"custom/steps/contains\.py: line 30: KeyError: 'y'"):
        made.fit_transform(FRAME.assign(y=["a", "b", "b", "a"]), np.zeros(4))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (MAKES, 'return "note_contains"', r"makes\(\) returns 'note_contains'; return a tuple of names"),
        (READS, READS.replace("(self.column,)", "self.column"), r"reads\(\) returns 'note'; return a tuple of names"),
    ],
)
def test_names_that_are_one_text_are_refused(features: Write, old: str, new: str, line: str) -> None:
    recipe = features(old, new).recipe
    with pytest.raises(DataError, match=rf"^custom/steps/contains\.py: {line}$"):
        check_recipe("full", recipe, TableColumns({"note": "text"}, frozenset()), TargetBlock(target="y"))


@pytest.mark.parametrize("value", ["{1}", "float('nan')", "np.int64(3)", "np.array([None])"])
def test_what_cannot_be_saved_is_refused_as_soon_as_it_is_learned(features: Write, value: str) -> None:
    with pytest.raises(DataError, match=r"^custom/steps/contains\.py: fit\(\) learns _word = .* which cannot be saved"):
        features('max(sorted(set(words)), key=words.count, default="")', value).fit(FRAME, np.zeros(4))


def test_no_setting_has_the_name_of_the_key_that_names_the_class(features: Write) -> None:
    with pytest.raises(ConfigError, match=r"class Contains has a setting `step`, which is the key that names the step"):
        features("    column: str", "    column: str\n    step: int = 1")
