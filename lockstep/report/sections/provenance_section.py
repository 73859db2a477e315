"""Provenance: the settings, hashes and versions that the result comes from."""

from collections.abc import Iterator, Mapping
from typing import Any

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.report.evaluated_run import Run
from lockstep.workers.identity import file_digest

# Shown elsewhere on the page, or too long for a line.
OMITTED = ("space", "versions", "data_sha256", "rows_as", "enqueue")


def provenance_section(run: Run, _: ModelEvaluation) -> dict[str, Any]:
    """Settings as they were evaluated, files with their sha256, versions of the libraries."""
    search = run.history.search
    settings = {name: value for name, value in search["settings"].items() if name not in OMITTED}
    training = run.model.training
    blocks = {
        "search": {"space": search["space_name"], "n_trials": search.get("n_trials")} | settings,
        "final model": {
            "final": training.final if training.members else None,
            "n_models": len(run.model.boosters),
            "n_rounds": training.n_rounds,
            "learning_rate_factor": training.learning_rate_factor,
            "interval": run.model.interval.coverage if run.model.interval else None,
        },
        "split": run.split.described(),
        "evaluate": run.settings.model_dump(mode="json"),
    }
    return {
        "study_key": search["study_key"],
        "settings": [(block, name, value) for block, content in blocks.items() for name, value in _flat(content)],
        "files": [
            {"name": file.as_posix(), "bytes": file.stat().st_size, "sha256": file_digest(file)} for file in run.files
        ],
        "versions": search["settings"]["versions"],
    }


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None and value != {}:
            yield f"{prefix}{name}", str(value).lower() if isinstance(value, bool) else str(value)
