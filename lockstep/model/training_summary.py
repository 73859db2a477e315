"""How the final model was made, in a line: its configurations, what they gain and what they cost."""

from lockstep.metrics.names import score_label
from lockstep.model.training import EnsembleGain, Training


def summary_of(training: Training, n_models: int, best_rounds: int, n_rows: int, metric: str) -> str:
    """The line of the stage.

    Args:
        training: The training.
        n_models: `train_best.n_models`.
        best_rounds: Rounds of the best trial.
        n_rows: Rows that train the final model.
        metric: The metric that scores the folds.
    """
    if training.final == "refit":
        slower = f", learning rate times {training.learning_rate_factor}" if training.learning_rate_factor < 1 else ""
        line = f"{n_models} model(s) of {training.n_rounds} rounds on {n_rows} rows{slower}"
        return line if training.gain is None else f"{line}; no ensemble: {gain_in_words(training.gain, metric)}"
    count = sum(member.n_models for member in training.members)
    line = f"{count} model(s) {configurations(training)}, {training.n_rounds_of(n_models):,} rounds together"
    times = f"{rounds_ratio(training, n_models, best_rounds):.3g} times refit's rounds"
    gain = "" if training.gain is None else f"{gain_in_words(training.gain, metric)}, "
    return f"{line} on {n_rows} rows; {gain}{times}"


def configurations(training: Training) -> str:
    """How many configurations there are, and whether they are those of trials or of folds."""
    count = len(training.members)
    if training.final == "folds":
        return f"of {count} folds"
    return f"of {count} trials" if count > 1 else "of 1 trial"


def rounds_ratio(training: Training, n_models: int, best_rounds: int) -> float:
    """Boosting rounds of the model as a multiple of those that a refit of the best trial has.

    A row passes the trees of all rounds, so this is also the ratio of the time that a prediction takes.
    """
    return training.n_rounds_of(n_models) / (n_models * best_rounds)


def gain_in_words(gain: EnsembleGain, metric: str) -> str:
    """By how much the ensemble's loss is lower than that of the best trial alone, and whether that may be noise."""
    share = f"{100 * abs(gain.share):.2g}% {'lower' if gain.share >= 0 else 'higher'}"
    return f"CV {score_label(gain.loss or metric)} {share}{'' if gain.clear else ', within noise'}"
