"""reports/index.html: one self-contained page that needs no network, and the figures that are also written as files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.report.drawing import Picture
from lockstep.report.evaluated_run import Run
from lockstep.report.sections.calibration_section import calibration_section
from lockstep.report.sections.data_section import data_section
from lockstep.report.sections.decision_section import decision_section
from lockstep.report.sections.errors_section import errors_section
from lockstep.report.sections.features_section import features_section
from lockstep.report.sections.model_section import model_section
from lockstep.report.sections.provenance_section import provenance_section
from lockstep.report.sections.result_section import result_section
from lockstep.report.sections.search_section import search_section
from lockstep.report.templates import environment
from lockstep.storage.tables import atomic_write

# The sections in their order: the name in anchors, the title in the contents, and the facts that
# sections/NAME_section.html.jinja shows under that name beside `run` and `evaluation`; None if those two suffice. A
# section without facts is left out.
SECTIONS: dict[str, tuple[str, Callable[[Run, ModelEvaluation], dict[str, Any]] | None]] = {
    "result": ("Result", result_section),
    "data": ("Data", data_section),
    "features": ("Features", features_section),
    "search": ("Search", search_section),
    "bounds": ("Bounds", None),
    "ceiling": ("Ceiling", None),
    "model": ("Model", model_section),
    "errors": ("Errors", errors_section),
    "calibration": ("Calibration", calibration_section),
    "decision": ("Decision", decision_section),
    "overfit": ("Overfit gap", None),
    "provenance": ("Provenance", provenance_section),
}


class Page:
    """The page of a run; its figures are drawn once, when first needed.

    Args:
        run: The evaluated run.
        evaluation: The results of the evaluation.
    """

    def __init__(self, run: Run, evaluation: ModelEvaluation) -> None:
        self._context = {"run": run, "evaluation": evaluation}
        self._facts = {name: facts(run, evaluation) for name, (_, facts) in SECTIONS.items() if facts}

    def pictures(self) -> Iterator[Picture]:
        """The figures in their order."""
        for facts in self._facts.values():
            yield from facts.get("pictures", [])

    def write_figures(self, folder: Path) -> None:
        """Write the PNG files of reports/evaluate/."""
        for picture in self.pictures():
            if picture.file:
                with atomic_write(folder / f"{picture.file}.png") as part:
                    part.write_bytes(picture.png)

    def write(self, path: Path) -> None:
        """Render the page."""
        sections = [(name, title) for name, (title, _) in SECTIONS.items() if self._facts.get(name, True)]
        template = environment().get_template("page.html.jinja")
        page = template.render(sections=sections, **self._context, **self._facts)
        with atomic_write(path) as part:
            part.write_text(page, encoding="utf-8")
