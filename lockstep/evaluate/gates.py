"""Conditions that a result must meet."""

from typing import Any

from lockstep.evaluate.baselines import STANDARD_BASELINES
from lockstep.evaluate.evaluate_blocks import Gates
from lockstep.evaluate.judgement import Judgement, score_of
from lockstep.fitting.fitting import Fitting


def check_gates(gates: Gates, judgement: Judgement, fitting: Fitting) -> dict[str, Any]:
    """The requirement, the value and the result of each gate; `overall` passes when every gate does.

    min_test_r2 and max_test_rmse measure squared error, so they are left out unless the model minimises it: the best
    0.9 quantile has a poor R². An undefined value fails. beat_baselines compares with the mean and untuned XGBoost: a
    linear model or another library that does better is a finding, not a defect.

    The gates are a list: `dvc metrics show FILE` leaves lists out, so its table has one column for all gates.
    """
    test, report = judgement.test, list[dict[str, Any]]()

    def add(gate: str, required: float | None, value: float | None, passed: bool) -> None:
        report.append({"gate": gate, "required": required, "found": value, "result": _word(passed)})

    r2, rmse, score = test.get("r2"), test.get("rmse"), score_of(fitting, test)
    squared = fitting.objective == "squared_error"
    if squared and gates.min_test_r2 is not None:
        add("min_test_r2", gates.min_test_r2, r2, r2 is not None and r2 >= gates.min_test_r2)
    if squared and gates.max_test_rmse is not None and rmse is not None:
        add("max_test_rmse", gates.max_test_rmse, rmse, rmse <= gates.max_test_rmse)
    if gates.max_test_score is not None:
        add("max_test_score", gates.max_test_score, score, score is not None and score <= gates.max_test_score)
    if gates.beat_baselines:
        baseline_scores = [score_of(fitting, judgement.baselines[name]) for name in STANDARD_BASELINES]
        lowest = min((baseline for baseline in baseline_scores if baseline is not None), default=None)
        add("beat_baselines", lowest, score, score is not None and lowest is not None and score < lowest)
    return {"gates": report, "gates_overall": _word(all(gate["result"] == "pass" for gate in report))}


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
