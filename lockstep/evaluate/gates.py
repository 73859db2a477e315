"""Conditions that a result must meet."""

from typing import Any

import pandas as pd

from lockstep.evaluate.evaluate_blocks import Gates
from lockstep.evaluate.judgement import Judgement, score_of
from lockstep.evaluate.lead import LeadVerdict
from lockstep.fitting.fitting import Fitting

# Verdicts about a baseline with which the gate passes, by `beat_baselines`.
ACCEPTED = {
    "not_worse": (LeadVerdict.BETTER, LeadVerdict.NOT_SHOWN),
    "shown": (LeadVerdict.BETTER,),
}


def check_gates(gates: Gates, judgement: Judgement, fitting: Fitting, baselines: pd.DataFrame) -> dict[str, Any]:
    """The requirement, the value and the result of each gate; `overall` passes when every gate does.

    min_test_r2 and max_test_rmse measure squared error, so they are left out unless the model minimises it: the best
    0.9 quantile has a poor R². An undefined value fails; a baseline's undefined score, such as the correlation of a
    constant with anything, decides nothing.

    beat_baselines compares scores. `not_worse`: the model's is lower than that of the best constant, and the model is
    worse than no baseline that is simpler (a linear model, the last value, the seasonal one) or the same learner
    untuned. `shown`: it is better than each of them. Another learner that does better is a finding, not a defect.
    `against` names the baseline whose score is required: the best of those that the model fails to beat, else the best
    constant, or with `shown` the best of all.

    The gates are a list: `dvc metrics show FILE` leaves lists out, so its table has one column for all gates.

    Args:
        gates: The conditions.
        judgement: Metrics of the model and the baselines.
        fitting: Objective and metric.
        baselines: model, score and verdict of every baseline, the lowest score first.
    """
    test, report = judgement.test, list[dict[str, Any]]()

    def add(gate: str, required: float | None, value: float | None, passed: bool, **more: str) -> None:
        report.append({"gate": gate, "required": required, "found": value, "result": _word(passed), **more})

    r2, rmse, score = test.get("r2"), test.get("rmse"), score_of(fitting, test)
    squared = fitting.objective == "squared_error"
    if squared and gates.min_test_r2 is not None:
        add("min_test_r2", gates.min_test_r2, r2, r2 is not None and r2 >= gates.min_test_r2)
    if squared and gates.max_test_rmse is not None and rmse is not None:
        add("max_test_rmse", gates.max_test_rmse, rmse, rmse <= gates.max_test_rmse)
    if gates.max_test_score is not None:
        add("max_test_score", gates.max_test_score, score, score is not None and score <= gates.max_test_score)
    if gates.beat_baselines is not None:
        against, passed = _against(gates.beat_baselines, judgement, score, baselines)
        required = score_of(fitting, judgement.baselines[against])
        add("beat_baselines", required, score, passed, against=against)
    return {"gates": report, "gates_overall": _word(all(gate["result"] == "pass" for gate in report))}


def _against(required: str, judgement: Judgement, score: float | None, table: pd.DataFrame) -> tuple[str, bool]:
    """The baseline that decides the gate, and whether the model passes."""
    constant, accepted = judgement.constant, ACCEPTED[required]
    gated = table[table["model"].isin(judgement.gated) & table["score"].notna()]
    scores = dict(zip(gated["model"], gated["score"].astype(float), strict=True))
    failed = gated["model"][~gated["verdict"].isin(accepted)].tolist()
    if score is None or score >= scores.get(constant, float("inf")):
        failed.append(constant)
    if failed:
        return min(failed, key=lambda name: scores.get(name, float("inf"))), False
    best = min(scores, key=lambda name: scores[name], default=constant)
    return (best if required == "shown" or constant not in scores else constant), True


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
