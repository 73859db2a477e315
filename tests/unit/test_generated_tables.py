"""new-dataset reads generated tables as a person would: nothing lost or left out for a wrong reason, no traceback.

`python -m tests.generated_tables` prints the shares by kind, with examples of what was read wrong.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.generated_tables.__main__ import judge_all, report, share_right
from tests.generated_tables.dataset_text import Comments
from tests.generated_tables.judge import Judgement, Verdict, judged, prepare
from tests.generated_tables.kinds import FAMILIES
from tests.generated_tables.made import KINDS, Made, left_out, read, words
from tests.generated_tables.readings import Dates, Groups, Numbers, Order, Reading, Seconds, Truth, Truths
from tests.generated_tables.table import Column, Table, make_table

LEAST_RIGHT = 0.97
NAN = np.nan


def _check(judgements: Sequence[Judgement]) -> None:
    verdicts = [verdict for judgement in judgements for verdict in judgement.verdicts]
    assert not any(judgement.crash for judgement in judgements), report(judgements)
    assert not [verdict for verdict in verdicts if verdict.unexplained], report(judgements)
    assert share_right(verdicts) >= LEAST_RIGHT, report(judgements)


@pytest.mark.slow
def test_columns_of_generated_tables_are_read_as_a_person_would(tmp_path: Path) -> None:
    _check(judge_all(range(20), tmp_path))


@pytest.mark.nightly
def test_columns_of_two_thousand_generated_tables_are_read_as_a_person_would(tmp_path: Path) -> None:
    _check(judge_all(range(10_000, 12_000), tmp_path))


def test_a_seed_gives_the_same_file_again(tmp_path: Path) -> None:
    for seed in range(8):
        first = make_table(seed).write(tmp_path).read_bytes()
        assert make_table(seed).write(tmp_path).read_bytes() == first


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_fills_every_row_and_says_what_is_true(kind: str) -> None:
    made = KINDS[kind](np.random.default_rng(3), 50)
    assert len(made.texts) == 50
    assert made.names
    assert made.truth.readings if made.truth.feature else made.truth.readings or made.truth.reasons


def test_families_hold_every_kind_once() -> None:
    assert sorted(kind for kinds in FAMILIES.values() for kind in kinds) == sorted(KINDS)


_DAYS = np.array(["2020-01-06", "2020-02-03", "NaT"], dtype="datetime64[s]")


@pytest.mark.parametrize(
    ("reading", "kind", "values", "accepted"),
    [
        (Numbers(values=np.array([50.8, 1.0, NAN])), "number", [0.508, 0.01, NAN], True),
        (Numbers(values=np.array([50.8, 1.0, NAN])), "number", [50.8, 1.0, 0.0], False),
        (Numbers(values=np.array([50.8, 1.0, NAN])), "number", [5.08, 1.0, NAN], False),
        (Numbers(values=np.array([50.8, 1.0, NAN])), "number", [101.6, 2.0, NAN], False),
        (Numbers(values=np.array([50.8, 1.0, NAN])), "category", [50.8, 1.0, NAN], False),
        (Seconds(values=np.array([60.0, 120.0, NAN])), "duration", [1.0, 2.0, NAN], True),
        (Seconds(values=np.array([60.0, 120.0, NAN])), "time", [60.0, 121.0, NAN], False),
        (Dates(values=_DAYS), "date", pd.to_datetime(["2020-01-06", "2020-02-03", "NaT"]), True),
        (Dates(values=_DAYS), "date", pd.to_datetime(["2020-01-05", "2020-02-02", "NaT"]), False),
        (Dates(values=_DAYS, slack=6.0), "date", pd.to_datetime(["2020-01-05", "2020-02-02", "NaT"]), True),
        (Dates(values=_DAYS, slack=6.0), "date", pd.to_datetime(["2020-01-06", "2020-03-02", "NaT"]), False),
        (Truths(values=np.array([1.0, 0.0, NAN])), "boolean", [1.0, 0.0, NAN], True),
        (Truths(values=np.array([1.0, 0.0, NAN])), "boolean", [0.0, 1.0, NAN], False),
        (Truths(values=np.array([1.0, 0.0, NAN])), "category", ["yes", "no", None], False),
        (Groups(labels=pd.Series(["a", "b", None])), "category", ["x", "y", None], True),
        (Groups(labels=pd.Series(["a", "a", None])), "category", ["x", "y", None], False),
        (Order(ranks=np.array([0.0, 2.0, NAN])), "integer", [1.0, 7.0, NAN], True),
        (Order(ranks=np.array([0.0, 1.0, 2.0])), "integer", [9.0, 4.0, 1.0], True),
        (Order(ranks=np.array([0.0, 1.0, 2.0])), "integer", [9.0, 1.0, 4.0], False),
    ],
)
def test_the_judge_knows_which_values_are_the_same(
    reading: Reading, kind: str, values: Sequence[object], accepted: bool
) -> None:
    assert reading.accepts(kind, pd.Series(values)) is accepted


def test_comments_are_found_beside_above_and_far_from_their_column() -> None:
    text = "# a b: 999: a filler?\ncolumns:\n  # above\n  'a b': {type: number}  # beside\n  c: {type: date}\nx: 1\n"
    comments = Comments.of(text)
    assert comments.columns == {"a b": "above beside", "c": ""}
    assert comments.mention("a b", "999")
    assert not comments.mention("c", "999")


def _judged_as(truth: Truth, texts: Sequence[str], folder: Path) -> Verdict:
    """The verdict on a column of 40 rows, beside a number and a target."""
    random = np.random.default_rng(1)
    table = Table(
        seed=0,
        columns={
            "x": Column("decimals", KINDS["decimals"](random, 40)),
            "tried": Column("tried", Made(words(texts), truth, ())),
            "y": Column("target: number", KINDS["padded_decimals"](random, 40)),
        },
        target="y",
    )
    prepare(folder)
    return next(verdict for verdict in judged(table, folder).verdicts if verdict.column == "tried")


def test_the_judge_tells_the_right_values_of_a_feature_from_others(tmp_path: Path) -> None:
    values = np.round(np.random.default_rng(2).normal(size=40), 2)
    texts = [str(value) for value in values]
    assert _judged_as(read(Numbers(values=values)), texts, tmp_path).wrong == ""
    assert "read as number" in _judged_as(read(Numbers(values=values + 1)), texts, tmp_path).wrong
    assert "kept as number" in _judged_as(left_out("identifier"), texts, tmp_path).wrong
    unmentioned = _judged_as(read(Numbers(values=values, mention="a filler")), texts, tmp_path)
    assert unmentioned.wrong == "no comment mentions 'a filler'"


def test_the_judge_tells_a_true_reason_for_leaving_a_column_out_from_others(tmp_path: Path) -> None:
    texts = ["DE"] * 40
    assert not _judged_as(left_out("constant"), texts, tmp_path).unexplained
    assert _judged_as(left_out("identifier"), texts, tmp_path).unexplained
    assert _judged_as(read(Groups(labels=pd.Series(texts))), texts, tmp_path).unexplained
