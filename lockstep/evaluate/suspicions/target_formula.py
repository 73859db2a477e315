"""Columns whose sum or product is the target."""

from typing import ClassVar

from lockstep.evaluate.screens.formula import find_formulas
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion
from lockstep.table.filler import as_floats


class TargetFormula(Suspicion):
    """Several columns give the target by a sum or a product, such as metres and price per metre."""

    order: ClassVar[int] = 60

    def look(self, evidence: Evidence) -> ResultFinding | None:
        if evidence.model.target.classes:
            return None
        columns = evidence.quantities(evidence.columns)
        formulas = find_formulas(columns, as_floats(evidence.screened[evidence.target]), evidence.leaks)
        if not formulas:
            return None
        told = "; ".join(formula.text for formula in formulas)
        names = tuple(dict.fromkeys(name for formula in formulas for name in formula.columns))
        sentence = f"{told} ({evidence.target}). Unless all are known when a prediction is needed, leave them out."
        return ResultFinding(self.kind_name(), "act", sentence, "model", names)
