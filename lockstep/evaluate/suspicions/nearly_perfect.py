"""Scores next to perfect, of the model or of a linear model."""

from typing import ClassVar

from lockstep.evaluate.screens.formula import explained_together
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion, named
from lockstep.metrics.metric import Scores
from lockstep.metrics.names import metric_label
from lockstep.table.filler import as_floats

# From these values on nearly all of the target is told. Several honest columns seldom reach an AUC of 0.998 together.
LIMITS = {"r2": 0.99, "auc": 0.998}
# Shares of what a model without features leaves: of its mistakes and of its log loss.
GAINS = {"accuracy": 0.99, "log_loss": 0.98}
LINEAR = ("ridge", "logistic_regression")
# The features that do it: the most important ones, up to this share of all.
DO_IT, MOST_FEATURES = 0.8, 3


class NearlyPerfect(Suspicion):
    """R², AUC, accuracy or log loss is next to perfect, as it is where a feature knows the target."""

    order: ClassVar[int] = 40

    def look(self, evidence: Evidence) -> ResultFinding | None:
        judgement = evidence.judgement
        constant = judgement.baselines[judgement.constant]
        figures = _next_to_perfect(judgement.test, constant, judgement.cv)
        who = "The model's "
        if not figures:
            name = next((name for name in LINEAR if name in judgement.baselines), None)
            figures = _next_to_perfect(judgement.baselines[name], constant) if name else {}
            who = f"A linear model alone is next to perfect: {str(name).replace('_', ' ')}'s "
        if not figures:
            return None
        features = _together(evidence) or _most_important(evidence)
        told = " and ".join(f"{metric_label(name)} is {value:.4g}" for name, value in list(figures.items())[:2])
        next_to = ", next to perfect" if who == "The model's " else ""
        sentence = (
            f"{who}{told}{next_to}. {named(features)} {'does' if len(features) == 1 else 'do'} most of it: known when a"
            " prediction is needed, and not made from the target?"
        )
        return ResultFinding(self.kind_name(), "act", sentence, "model", tuple(features), figures)


def _next_to_perfect(test: Scores, constant: Scores, cv: Scores | None = None) -> dict[str, float]:
    """The metrics next to perfect, on test rows and in cross-validation: few test rows may be right by luck."""
    figures = {}
    for name, value in test.items():
        values = [value, *([cv[name]] if cv is not None and cv.get(name) is not None else [])]
        if value is not None and all(_is_perfect(name, each, constant.get(name)) for each in values):
            figures[name] = value
    return figures


def _is_perfect(name: str, value: float | None, constant: float | None) -> bool:
    if value is None:
        return False
    if name in LIMITS:
        return value >= LIMITS[name]
    if name not in GAINS or constant is None:
        return False
    best = 1.0 if name == "accuracy" else 0.0
    return constant != best and (value - constant) / (best - constant) >= GAINS[name]


def _together(evidence: Evidence) -> list[str]:
    """The two or three columns that explain a number linearly, if a few do."""
    if evidence.model.target.classes:
        return []
    columns = evidence.quantities(evidence.columns)
    formula = explained_together(columns, as_floats(evidence.screened[evidence.target])) if columns else None
    return [] if formula is None else list(formula.columns)


def _most_important(evidence: Evidence) -> list[str]:
    """The most important features until they make up most of the importance."""
    chosen, share, total = list[str](), 0.0, sum(evidence.importance.values())
    for name, value in sorted(evidence.importance.items(), key=lambda item: -item[1]):
        if chosen and (share >= DO_IT * total or len(chosen) == MOST_FEATURES):
            break
        chosen.append(name)
        share += value
    return chosen
