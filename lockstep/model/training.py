"""How the boosters of a final model were made: their configurations, and what the folds said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from lockstep.fitting.fitting import Value


@dataclass(frozen=True)
class Member:
    """Boosters of one configuration, which differ by their seed alone.

    Attributes:
        params: Booster parameters.
        n_rounds: Number of boosting rounds of each booster.
        n_models: Number of boosters; their share of all is the weight of the configuration.
        trial: Number of the trial that it comes from; None: unknown.
        fold: Number of the fold whose validation rows do not train it; None: all rows train it.
    """

    params: Mapping[str, Value]
    n_rounds: int
    n_models: int
    trial: int | None = None
    fold: int | None = None


@dataclass(frozen=True)
class EnsembleGain:
    """What an ensemble gains over the best trial alone, with as many boosters, out of fold.

    The boosters that predict a fold were chosen by the other folds.

    Attributes:
        single: Mean loss of the folds with boosters of the best trial.
        ensemble: Mean loss of the folds with those of the ensemble.
        noise: Standard error of the difference, paired by fold.
        loss: The metric that both are of, where that is not the one that scores the folds.
    """

    single: float
    ensemble: float
    noise: float
    loss: str | None = None

    @property
    def clear(self) -> bool:
        """Whether the ensemble is better by more than noise."""
        return self.single - self.ensemble > NOISE_FACTOR * self.noise

    @property
    def share(self) -> float:
        """The gain as a share of the loss; below 0 if the ensemble is worse."""
        return (self.single - self.ensemble) / abs(self.single) if self.single else 0.0


# A gain of at most this many standard errors over the folds may be noise.
NOISE_FACTOR = 2.0


@dataclass(frozen=True)
class Training:
    """The configuration of the boosters.

    Attributes:
        params: Booster parameters; of several configurations those of the one with the most boosters.
        n_rounds: Number of boosting rounds of each booster, likewise.
        cv_score: Mean score of the folds with these parameters and rounds, or of the ensemble's.
        learning_rate_factor: The factor by which the best trial's learning rate was multiplied.
        cv: Mean metrics of the folds with these boosters; None if they are the best trial's.
        members: The configurations in the order of their boosters, where they are several.
        gain: What the ensemble gains, or would have gained; None where none was considered.
    """

    params: dict[str, Value]
    n_rounds: int
    cv_score: float
    learning_rate_factor: float = 1.0
    cv: dict[str, float | None] | None = None
    members: tuple[Member, ...] = ()
    gain: EnsembleGain | None = None

    def members_of(self, n_models: int) -> Sequence[Member]:
        """The configurations of a model of so many boosters."""
        return self.members or (Member(self.params, self.n_rounds, n_models),)

    def n_rounds_of(self, n_models: int) -> int:
        """Boosting rounds of all boosters of a model of so many."""
        return sum(member.n_models * member.n_rounds for member in self.members_of(n_models))

    @property
    def final(self) -> str:
        """How the model was made: refit, folds or ensemble."""
        if not self.members:
            return "refit"
        return "ensemble" if self.members[0].fold is None else "folds"

    def to_json(self) -> dict[str, Any]:
        """The description in model.json."""
        content = asdict(self)
        for name in ("members", "gain"):
            if not content[name]:
                del content[name]
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The training that model.json describes; an earlier version's has no members."""
        gain = content.get("gain")
        members = tuple(Member(**member) for member in content.get("members", ()))
        return cls(**{**content, "members": members, "gain": None if gain is None else EnsembleGain(**gain)})
