"""Truth values are recognised in the words of several languages."""

from collections import Counter

import pyarrow as pa
import pytest

from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_columns
from lockstep.inspect.notations.truth_words import PAIRS, propose_truth


@pytest.mark.parametrize(
    ("texts", "mapped"),
    [
        (["yes", "No"], {}),
        (["0", "1"], {}),
        (["True", "FALSE", "n/a"], {}),
        ([" Yes ", "no"], {}),
        (["yes", "No", "Y", "N"], {"Y": True, "N": False}),
        (["t", "F"], {"t": True, "F": False}),
        (["on", "Off"], {"on": True, "Off": False}),
        (["ja", "Nein", "unknown"], {"ja": True, "Nein": False}),
        (["si", "no", "SI", "No"], {"si": True, "SI": True}),
        (["Sim", "Não"], {"Sim": True, "Não": False}),
        (["Да", "нет"], {"Да": True, "нет": False}),
        (["EVET", "HAYIR"], {"EVET": True, "HAYIR": False}),
        (["はい", "いいえ"], {"はい": True, "いいえ": False}),
    ],
)
def test_truth_values_are_recognised_and_read(texts: list[str], mapped: dict[str, bool]) -> None:
    proposal = propose_truth("c", Counter(texts))
    assert proposal is not None
    assert proposal.facts == {"type": "boolean", **({"map": mapped} if mapped else {})}
    assert proposal.odd == set(texts) & {"unknown", "n/a"}
    column = Column.model_validate({**proposal.facts, "missing": True, "missing_values": sorted(proposal.odd)})
    values = convert_columns(pa.table({"c": texts}), {"c": column}, [], "facts")[0]["c"]
    assert set(values.dropna()) == {0, 1}
    assert values.isna().sum() == len(proposal.odd)


@pytest.mark.parametrize(
    "texts",
    [
        ["yes"],
        ["yes", "Y"],
        ["Yes", "No", "Maybe"],
        ["Yes", "No", "No phone service"],
        ["M", "F"],
        ["T", "N"],
        ["O", "0"],
        ["positive", "negative"],
        ["active", "inactive"],
        ["0", "1", "2"],
        ["unknown", "n/a"],
        [],
    ],
)
def test_other_words_are_no_truth_values(texts: list[str]) -> None:
    assert propose_truth("c", Counter(texts)) is None


def test_no_word_is_true_and_false_in_one_pair() -> None:
    assert all(not true & false for true, false in PAIRS)
