"""The page's section about the final model."""

from collections.abc import Mapping
from typing import Any

from lockstep.evaluate.findings import Findings
from lockstep.report import dependence_figures
from lockstep.report.drawing import drawn_all
from lockstep.report.pictures import Picture
from lockstep.report.records import records_of
from lockstep.report.run import Run
from lockstep.report.trees import TreeSize


def model_section(run: Run, found: Findings, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """Size, learning curve, and what the features do."""
    names = ("learning_curve", "feature_importance", "feature_shap")
    return {
        "size": TreeSize.of(run.model.boosters),
        "files": [file for file in run.files if file.suffix != ".parquet"],
        "bytes": sum(file.stat().st_size for file in run.files if file.suffix != ".parquet"),
        "n_features": len(run.model.features.names),
        "features": records_of(found.features),
        "shap_rows": len(found.shap.x),
        "pictures": [*(pictures[name] for name in names), *_dependence(run, found)],
    }


def _dependence(run: Run, found: Findings) -> list[Picture]:
    if not found.dependence:
        return []
    target, each = run.model.target, found.dependence
    labels = target.labels if target.n_classes > 2 else []
    said = "probability" if labels else f"P({target.labels[1]})" if target.classes else f"predicted {target.column}"
    chart = dependence_figures.partial_dependence(each, said, labels)
    names, n_rows = ", ".join(one.feature for one in each), len(each[0].each)
    return [
        Picture.of(
            drawn_all(chart, dependence_figures.panel_inches(len(each)), placed=True),
            f"Partial dependence of the {said} on {names}: a line per feature, the mean of {n_rows} test rows.",
            f"What the model says on average of {n_rows} test rows when one feature is set to a value in all of them"
            f"{'' if labels else '; grey: single rows'}. Marks at the bottom are the values tried. A steep line is a"
            " strong effect, a flat one none; features that move together make it an extrapolation.",
            title="partial dependence",
        )
    ]
