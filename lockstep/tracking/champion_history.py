"""Which versions of a registered model were its champion, one after the other: kept in a tag of the model."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import RegisteredModel

# The alias of a registered model's best version.
CHAMPION = "champion"
# The tag of the registered model: "1 by rule, 3 by rule, 1 back".
HISTORY = "lockstep.champions"
SEPARATOR = ", "
# A tag has at most 5,000 characters in every store.
MOST_MOVES = 200


class Cause(StrEnum):
    """Why the alias moved: by the rule of `lockstep compare`, by hand, back, or in a way that we did not see."""

    RULE = "by rule"
    HAND = "by hand"
    BACK = "back"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Move:
    """One move of the alias.

    Attributes:
        version: The version that became champion.
        cause: Why.
    """

    version: str
    cause: Cause


@dataclass(frozen=True)
class ChampionHistory:
    """The moves of the alias.

    Attributes:
        moves: The oldest first.
        present: The version that has the alias; None: none has it, as after its deletion.
    """

    moves: tuple[Move, ...] = ()
    present: str | None = None

    @classmethod
    def of(cls, model: "RegisteredModel") -> Self:
        """The history of a registered model; the alias itself says which version is the champion now."""
        entries = (entry.partition(" ") for entry in model.tags.get(HISTORY, "").split(SEPARATOR))
        moves = tuple(Move(version, Cause(cause)) for version, _, cause in entries if cause in set(Cause))
        alias = model.aliases.get(CHAMPION)
        last = moves[-1].version if moves else None
        if alias is None or str(alias) == last:
            return cls(moves, None if alias is None else str(alias))
        return cls(moves, last).moved(str(alias), Cause.ELSEWHERE)

    def previous(self, existing: Collection[str]) -> str | None:
        """The champion before the present one, among the versions that exist; moves back take the last move away."""
        stack = list[str]()
        for move in self.moves:
            if move.cause is Cause.BACK:
                while stack and stack[-1] != move.version:
                    stack.pop()
            if stack[-1:] != [move.version]:
                stack.append(move.version)
        earlier = [version for version in stack if version in existing and version != self.present]
        return earlier[-1] if earlier else None

    def moved(self, version: str, cause: Cause) -> Self:
        """The history with a further move, unless the version is the champion already."""
        moves = self.moves if version == self.present else (*self.moves, Move(version, cause))
        return type(self)(moves[-MOST_MOVES:], version)

    def renamed(self, old: Collection[str], new: str) -> Self:
        """The history after versions of one result were replaced by a new one."""
        moves = tuple(Move(new, move.cause) if move.version in old else move for move in self.moves)
        return type(self)(moves, new if self.present in old else self.present)

    def keep(self, client: "MlflowClient", name: str) -> None:
        """Write the tag of the registered model; without a move there is none."""
        if self.moves:
            text = SEPARATOR.join(f"{move.version} {move.cause}" for move in self.moves)
            client.set_registered_model_tag(name, HISTORY, text)
