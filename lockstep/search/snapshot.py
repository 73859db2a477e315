"""A study of one trial behind trials that it shares with others."""

from collections.abc import Container, Sequence

from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState


class Snapshot(InMemoryStorage):
    """Storage of a study whose first trials are somebody else's: it neither copies nor changes them.

    Optuna's own storages copy every trial that is added, which makes a snapshot of n trials cost n copies.

    Args:
        others: The trials 0, 1, ..., under their own numbers. The next one is the study's own.
    """

    def __init__(self, others: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._others = others

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Make the study's own trial, numbered after the others."""
        trial_id = super().create_new_trial(study_id, template_trial)
        self.get_trial(trial_id).number += len(self._others)
        return trial_id

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The others, never copied, and the study's own."""
        others = self._others if states is None else [trial for trial in self._others if trial.state in states]
        return [*others, *super().get_all_trials(study_id, deepcopy, states)]
