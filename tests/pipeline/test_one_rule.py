"""`lockstep compare` and the registry decide the same of every pair, for both are the one rule."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lockstep.compare.pair import Pair, read_side
from lockstep.compare.recommendation import recommended
from lockstep.evaluate.contender import Contender
from lockstep.results.result import Result
from lockstep.storage.tables import read_json, read_table, write_json, write_table
from lockstep.tracking import champion_choice as champion
from lockstep.tracking.run_content import complete_result
from tests.pipeline.planted import TEST, exported, plant
from tests.pipeline.project import Project

Change = Callable[[Path], None]


def _fitting(**settings: Any) -> Change:
    def change(folder: Path) -> None:
        model = read_json(folder / "models/model/model.json")
        write_json({**model, "fitting": {**model["fitting"], **settings}}, folder / "models/model/model.json")

    return change


def _params(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / "params.yaml").read_text(encoding="utf-8")
        assert old in text
        (folder / "params.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _gates_fail(folder: Path) -> None:
    write_json(
        {"gates": [{"gate": "max_test_score", "result": "fail"}], "gates_overall": "fail"},
        folder / "reports/gates.json",
    )


def _larger(folder: Path) -> None:
    (folder / "models/model/more.json").write_text(" " * 5000)


def _fewer_rows(folder: Path) -> None:
    write_table(read_table(folder / TEST).iloc[:-1], folder / TEST)


def _search(**cost: int) -> Change:
    def change(folder: Path) -> None:
        search = read_json(folder / "models/search.json")
        write_json({**search, "cost": {**search["cost"], **cost}}, folder / "models/search.json")

    return change


def _related(strategy: str, setting: str, column: str, units: int) -> Change:
    """Test rows that the split relates: so many groups, or moments."""

    def change(folder: Path) -> None:
        predictions = read_table(folder / TEST)
        write_table(predictions.assign(**{column: np.arange(len(predictions)) % units}), folder / TEST)
        _params("strategy: random", f"strategy: {strategy}")(folder)
        _params(f"  {setting}: ", f"  {setting}: x0 ")(folder)

    return change


GROUPS = _related("group", "group", "group", 9)
TIME = _related("time", "time", "moment", 40)
OLD_GROUPS = _params("strategy: random", "strategy: group")
BETTER: Change = partial(plant, share=0.7)
WORSE: Change = partial(plant, share=1.4)
NOISE: Change = partial(plant, share=1.0, noise=0.02)
QUANTILE = _fitting(objective="quantile", metric="pinball", quantile=0.7)
PAIRS: dict[str, tuple[list[Change], list[Change], str | None]] = {
    "better": ([], [BETTER], "B"),
    "better and larger": ([], [BETTER, _larger], "B"),
    "worse": ([], [WORSE], "A"),
    "worse and smaller": ([_larger], [WORSE], "A"),
    "within noise, smaller": ([_larger], [NOISE], "B"),
    "within noise, larger": ([], [NOISE, _larger], "A"),
    "the same predictions": ([], [], "A"),
    "the same predictions, smaller": ([_larger], [], "B"),
    "the same predictions, cheaper": ([], [_search(fold_fits=1)], "B"),
    "the gates of B fail": ([], [BETTER, _gates_fail], "A"),
    "the gates of A fail": ([_gates_fail], [WORSE], "B"),
    "the gates of both fail": ([_gates_fail], [BETTER, _gates_fail], None),
    "other objective": ([], [BETTER, _fitting(objective="absolute_error")], None),
    "other metric": ([], [BETTER, _fitting(metric="mae")], None),
    "quantile": ([], [BETTER, QUANTILE], None),
    "other quantile": ([QUANTILE], [QUANTILE, _fitting(quantile=0.9)], None),
    "other rows": ([], [BETTER, _fewer_rows], None),
    "other rows and failing gates": ([_gates_fail], [_fewer_rows], None),
    "monotone": ([], [BETTER, _fitting(monotone={"x0": 1})], "B"),
    "groups": ([GROUPS], [BETTER, GROUPS], "B"),
    "groups, worse": ([GROUPS], [WORSE, GROUPS], "A"),
    "moments": ([TIME], [BETTER, TIME], "B"),
    "groups that an earlier version did not store": ([OLD_GROUPS], [BETTER, OLD_GROUPS], None),
    "other statistics": ([], [BETTER, _params("confidence: 0.95", "confidence: 0.5")], "B"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_compare_and_registry_decide_the_same(
    finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    a, b, letter = PAIRS[name]
    folders = {each: exported(finished, tmp_path / each) for each in "AB"}
    for changes, each in ((a, "A"), (b, "B")):
        for change in changes:
            change(folders[each])
    assert _decided(folders["A"], folders["B"], monkeypatch) == letter
    swapped = {"A": "B", "B": "A", None: None}[letter] if name != "the same predictions" else "A"
    assert _decided(folders["B"], folders["A"], monkeypatch) == swapped


def _decided(a: Path, b: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Which of two results compare ships; the registry, of which A is the champion, moves if and only if it is B."""
    results = [complete_result(folder, exported=True) for folder in (a, b)]
    pair = Pair(*(read_side(letter, letter, "", result) for letter, result in zip("AB", results, strict=True)))
    shipped = recommended(pair).side
    # What MLflow holds of the champion: the outputs, and the parameters as text.
    params = {name: str(value) for name, value in results[0].params.items()}
    monkeypatch.setattr(champion, "_read", lambda *_: Contender.of(Result(a), params))
    holder: Any = SimpleNamespace(name="friedman", version="1")
    client: Any = None
    moves, reason = champion.decide_champion(client, holder, "2", results[1])
    assert moves == (shipped is pair.b), reason
    return shipped.letter if shipped else None
