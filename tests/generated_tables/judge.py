"""The judge: what `lockstep new-dataset` wrote about a table, compared with the truth."""

import contextlib
import io
import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lockstep.check.config import Dataset, parse_dataset
from lockstep.clean.columns import convert_columns
from lockstep.cli import main
from lockstep.features.features_block import start_of
from lockstep.table.target import Target
from tests.generated_tables.dataset_text import Comments
from tests.generated_tables.readings import Truth
from tests.generated_tables.table import Column, Table

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "tests/settings/params.yaml"
# The words by which a comment gives each reason for leaving a column out.
REASONS: Mapping[str, str] = {
    "identifier": r"identif|numbers the rows|rises or falls|unique|different values in|row number",
    "index": r"index|numbers the rows|row number|rises or falls",
    "constant": r"always|constant|same value|one value|only value",
    "empty": r"missing|empty|no value",
    "copy": r"orders the rows like|names the same|equals|copy",
    "leak": r"leak",
    "personal": r"personal|identif|e-?mail|phone|address|name",
    "ambiguous": r"ambiguous|day|month",
    "group": r"group|entit|repeat",
}


@dataclass(frozen=True)
class Verdict:
    """The judgement of one column.

    Attributes:
        seed: The table's.
        kind: The column's kind.
        column: Its name.
        wrong: What is wrong; "" where it was read right.
        sample: Some of its texts.
        written: Its entry in the dataset file.
        refused: Whether the whole table was refused, so that nothing was read.
        unexplained: Whether it was left out without a reason that is true.
    """

    seed: int
    kind: str
    column: str
    wrong: str
    sample: str
    written: str = ""
    refused: bool = False
    unexplained: bool = False


@dataclass(frozen=True)
class Judgement:
    """A table's verdicts, and the traceback where there was one."""

    verdicts: tuple[Verdict, ...]
    crash: str = ""


def prepare(folder: Path) -> None:
    """Make a folder a project in which tables can be described."""
    (folder / "datasets").mkdir(exist_ok=True)
    params = SETTINGS.read_text(encoding="utf-8").replace("dataset: diabetes", "dataset: table")
    (folder / "params.yaml").write_text(params, encoding="utf-8")


def judged(table: Table, folder: Path) -> Judgement:
    """Describe a table by `lockstep new-dataset` and judge what was written.

    Args:
        table: The table.
        folder: A folder after `prepare`; the file and its dataset file are written there.
    """
    file = table.write(folder)
    try:
        with contextlib.chdir(folder), _quiet() as said:
            code = main(["new-dataset", file.name, "--target", table.target, "--name", "table", "--force"])
        if code:
            return Judgement(_refused(table, " ".join(said.getvalue().split())))
        return Judgement(_verdicts(table, folder))
    except Exception:
        return Judgement(_refused(table, "a traceback"), traceback.format_exc())
    finally:
        file.unlink()


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        yield said


def _refused(table: Table, message: str) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(table.seed, column.kind, name, f"refused: {message}", sample_of(column), refused=True)
        for name, column in table.columns.items()
    )


def sample_of(column: Column) -> str:
    """Some different texts of a column."""
    different = list(dict.fromkeys(column.made.texts))
    return " | ".join(map(repr, different[:5])) + (f" ({len(different)} different)" if len(different) > 5 else "")


def _verdicts(table: Table, folder: Path) -> tuple[Verdict, ...]:
    file = folder / "datasets/table.yaml"
    text = file.read_text(encoding="utf-8")
    dataset, comments = parse_dataset(text, file), Comments.of(text)
    with contextlib.chdir(folder):
        frame, _ = convert_columns(dataset.source.load(), dataset.columns, dataset.missing_values, "table")
    used = _used(dataset)
    verdicts = []
    for name, column in table.columns.items():
        values = frame.get(name)
        unexplained = False
        if name == table.target:
            wrong = _wrong_target(column, dataset, frame[name])
        elif name in used and values is not None:
            wrong = _wrong_feature(name, column.made.truth, dataset, values, comments)
        else:
            wrong, unexplained = _wrong_omission(column.made.truth, comments.columns[name])
        verdicts.append(
            Verdict(
                table.seed,
                column.kind,
                name,
                wrong,
                sample_of(column),
                comments.entries[name].strip(),
                unexplained=unexplained,
            )
        )
    return tuple(verdicts)


def _used(dataset: Dataset) -> set[str]:
    """Columns of the file that the recipe `full` reads."""
    new_names = dict[str, str]()
    for rule in dataset.clean:
        new_names |= rule.renames()
    read = {column for step in start_of(dataset.features["full"]) for column in step.reads()}
    return {name for name in dataset.columns if new_names.get(name, name) in read}


def _wrong_target(column: Column, dataset: Dataset, values: pd.Series) -> str:
    type_ = dataset.columns[dataset.target_column].type
    accepted = any(reading.accepts(type_, values) for reading in column.made.truth.readings)
    are_classes, classes = bool(Target.of(dataset).n_classes), column.kind == "target: classes"
    if are_classes != classes:
        return "classes are taken for numbers" if classes else "numbers are taken for classes"
    return "" if accepted else "the target's values differ"


def _wrong_feature(name: str, truth: Truth, dataset: Dataset, values: pd.Series, comments: Comments) -> str:
    if truth.feature is False:
        return f"kept as {dataset.columns[name].type}; to be left out as {' or '.join(truth.reasons)}"
    type_ = dataset.columns[name].type
    accepted = [reading for reading in truth.readings if reading.accepts(type_, values)]
    if not accepted:
        return f"read as {type_}, not as {' or '.join(type(reading).__name__ for reading in truth.readings)}"
    unmentioned = [reading.mention for reading in accepted if not _is_mentioned(reading.mention, name, comments)]
    return f"no comment mentions {unmentioned[0]!r}" if len(unmentioned) == len(accepted) else ""


def _is_mentioned(text: str, name: str, comments: Comments) -> bool:
    return not text or comments.mention(name, text)


def _wrong_omission(truth: Truth, comment: str) -> tuple[str, bool]:
    """What is wrong with a column that is left out, and whether it has no true reason."""
    given = [reason for reason, words in REASONS.items() if re.search(words, comment, re.IGNORECASE)]
    is_true = any(reason in truth.reasons for reason in given)
    if not comment:
        return "left out without a reason", True
    if truth.feature:
        return f"left out: {comment}", True
    return ("", False) if is_true else (f"left out for a wrong reason: {comment}", True)
