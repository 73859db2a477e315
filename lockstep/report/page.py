"""reports/index.html: one self-contained page that needs no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lockstep.evaluate.baselines import MOST_ROWS
from lockstep.evaluate.ceiling import ceiling
from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.advice import advice
from lockstep.report.captions import captioned
from lockstep.report.data_section import data_section
from lockstep.report.error_section import error_section
from lockstep.report.headline import compared, headline
from lockstep.report.model_section import model_section
from lockstep.report.provenance import provenance
from lockstep.report.records import records_of
from lockstep.report.run import Run
from lockstep.report.search_section import search_section
from lockstep.report.templates import environment
from lockstep.storage.tables import replacing

# Metrics that people ask for, beside the score.
TILES = ("accuracy", "auc", "r2", "mae")


def write_page(path: Path, run: Run, found: Findings, figures: Sequence[Path]) -> None:
    """Render the page.

    Args:
        path: Where to write it.
        run: What was evaluated.
        found: What the evaluation found.
        figures: The PNG files of reports/evaluate/.
    """
    pictures = captioned(run, found, figures)
    search = search_section(run, pictures)
    judged = ceiling(run.story.trials, run.story.score, run.metric)
    page = (
        environment()
        .get_template("page.html.jinja")
        .render(
            run=run,
            found=found,
            dataset=run.story.search.get("dataset"),
            headline=headline(run, found),
            advice=advice(run, found, judged, search["bounds"]),
            result=_result(run, found),
            data=data_section(run),
            search=search,
            ceiling=judged,
            model=model_section(run, found, pictures),
            errors=error_section(run, found, pictures),
            provenance=provenance(run),
        )
    )
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")


def _result(run: Run, found: Findings) -> dict[str, Any]:
    judgement, baselines = found.judgement, records_of(found.baselines)
    own = found.gap["test"]
    for record in baselines:
        record["own"] = record["model"] == THIS_MODEL
        record["saved"] = None if record["own"] or own is None or not record["score"] else 1 - own / record["score"]
        record["compared"] = None if record["own"] else compared(own, record["score"])
    return {
        "metrics": list(judgement.test),
        # It needs the number of features, which not every baseline has.
        "baseline_metrics": [name for name in judgement.test if name != "adjusted_r2"],
        "rows": [("test", judgement.test), ("cross-validation", judgement.cv), ("training", judgement.train)],
        "interval": {record["metric"]: record for record in found.uncertainty["intervals"]},
        "score_ends": {"low": found.uncertainty["score_low"], "high": found.uncertainty["score_high"]},
        "tiles": [name for name in TILES if name in judgement.test and name != run.metric][:2],
        "baselines": baselines,
        "no_line": bool(run.classes) and "logistic_regression" not in found.baselines["model"].tolist(),
        "sampled": MOST_ROWS if len(run.train) > MOST_ROWS else None,
    }
