"""Which versions were champion, one after the other, as a tag of the registered model has it."""

from dataclasses import dataclass, field

import pytest

from lockstep.tracking.champion_history import HISTORY, MOST_MOVES, Cause, ChampionHistory


@dataclass
class _Model:
    """What MLflow tells of a registered model."""

    aliases: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def set_registered_model_tag(self, _: str, key: str, value: str) -> None:
        self.tags[key] = value


def _history(tag: str, champion: str | None = None) -> ChampionHistory:
    aliases = {} if champion is None else {"champion": champion}
    return ChampionHistory.of(_Model(aliases, {HISTORY: tag}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tag", "previous"),
    [
        ("", None),
        ("1 by rule", None),
        ("1 by rule, 3 by rule", "1"),
        ("1 by rule, 3 by rule, 1 back", None),
        ("1 by rule, 2 by rule, 3 by rule, 2 back", "1"),
        ("1 by rule, 3 by rule, 1 back, 3 by hand", "1"),
        ("1 by rule, 2 by hand, 1 by hand", "2"),
        ("1 by rule, 9 by rule, 3 by rule", "1"),
        ("1 by rule, nonsense, 3 by wish, 2 by hand", "1"),
    ],
)
def test_the_previous_champion_is_the_one_before_and_moves_back_go_further_back(tag: str, previous: str | None) -> None:
    last = tag.split(", ")[-1].split(" ")[0] or None
    assert _history(tag, last).previous({"1", "2", "3"}) == previous


def test_what_is_written_is_read_again_and_the_oldest_moves_are_forgotten() -> None:
    model, history = _Model(), ChampionHistory()
    for number in range(MOST_MOVES + 5):
        history = history.moved(str(10_000_000 + number), Cause.ELSEWHERE)
    history.keep(model, "name")  # type: ignore[arg-type]
    assert len(model.tags[HISTORY]) <= 5000
    assert _history(model.tags[HISTORY], history.present) == history
    assert len(history.moves) == MOST_MOVES


def test_an_alias_that_was_moved_in_mlflow_itself_is_the_present_champion() -> None:
    history = _history("1 by rule, 3 by rule", "2")
    assert (history.present, history.moves[-1].cause) == ("2", Cause.ELSEWHERE)
    assert history.previous({"1", "2", "3"}) == "3"
    assert history.moved("2", Cause.HAND) == history


def test_a_version_that_was_made_again_takes_the_place_of_the_old_one() -> None:
    history = _history("1 by rule, 2 by hand", "2").renamed({"1"}, "4")
    assert history.previous({"2", "4"}) == "4"


def test_without_the_alias_there_is_no_champion_and_the_last_one_is_the_previous() -> None:
    """Somebody removed the alias in MLflow: the version exists, and can be made champion again."""
    history = _history("1 by rule, 3 by rule")
    assert history.present is None
    assert history.previous({"1", "3"}) == "3"
    assert history.moved("3", Cause.HAND).present == "3"
    assert history.moved("3", Cause.HAND).moves[-1].cause is Cause.HAND


def test_a_deleted_champion_hides_no_earlier_one() -> None:
    """Version 3 was set back from, so that without version 2 the one before is 1."""
    assert _history("1 by rule, 2 by rule, 3 by rule, 2 back").previous({"1", "3"}) == "1"
