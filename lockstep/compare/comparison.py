"""`lockstep compare`: every section of the report about two results, and the files it is written to."""

from collections.abc import Sequence
from pathlib import Path

from lockstep.compare.changes_section import changes
from lockstep.compare.cost_section import Times, cost, inference_times
from lockstep.compare.document import Document, Name
from lockstep.compare.html import html
from lockstep.compare.importance_section import features, hyperparameters
from lockstep.compare.markdown import markdown
from lockstep.compare.metrics_section import metrics, overfit_gap
from lockstep.compare.opening import WORKSPACE, opened_side
from lockstep.compare.pair import Pair
from lockstep.compare.paired_section import paired
from lockstep.compare.recommendation import ceilings, recommendation
from lockstep.compare.summary_section import provenance, summary
from lockstep.compare.trials_section import best_parameters, trials
from lockstep.errors import DataError, LockstepError, system_reason
from lockstep.evaluate.differences import test_rows_digest
from lockstep.project import paths
from lockstep.project.paths import project_root
from lockstep.results.dvc_lock import LOCK, PIPELINE
from lockstep.storage.tables import atomic_write
from lockstep.tracking.consultations import count_results_on

# Files and folders of the repository that a report must not overwrite.
FILES = (paths.PARAMS, LOCK, PIPELINE)
FOLDERS = (paths.REPORTS, paths.MODEL.parent, paths.TEST.parent.parent)


def write_reports(a: str, b: str, md: str | None, page: str | None, *, timing: bool = True) -> str:
    """Compare two results, and write the report to files; returns it as Markdown.

    Args:
        a: See `compare`.
        b: See `compare`.
        md: Markdown file to write; an existing file is replaced once the report is complete.
        page: HTML file to write.
        timing: See `compare`.

    Raises:
        DataError: as `compare`, or if a file cannot be written.
    """
    refuse_files([file for file in (md, page) if file is not None])
    document = compare(a, b, timing=timing)
    report_text = markdown(document)
    for file, content in ((md, report_text), (page, html(document) if page else "")):
        if file is not None:
            _write(Path(file), content)
    return report_text.rstrip()


def _write(file: Path, content: str) -> None:
    try:
        with atomic_write(file) as part:
            part.write_text(content, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{file}: cannot be written: {system_reason(error)}; check the disk and its permissions"
        ) from None


def compare(a: str, b: str = WORKSPACE, *, timing: bool = True) -> Document:
    """Compare two results.

    Args:
        a: A commit, branch, tag, experiment, `workspace`, or a folder that `lockstep export` wrote.
        b: The same of the other.
        timing: Whether to measure inference, show times, and count in MLflow how many results the test rows have
            scored; without, the same results give the same report.

    Raises:
        DataError: if there is no such result, its outputs are missing, or the two predict different things.
    """
    with opened_side("A", a) as side_a, opened_side("B", b) as side_b:
        try:
            return report(Pair(side_a, side_b), timing=timing)
        except KeyError as error:
            cause = f"no {error} in an output"
            raise DataError(
                f"compare {a} {b}: one of them was written by another version of Lockstep ({cause}); run it again"
            ) from error


def report(pair: Pair, *, timing: bool) -> Document:
    """All sections; only the summary if both sides are the same result."""
    title = ("Comparison of ", Name(pair.a.name), " (A) and ", Name(pair.b.name), " (B)")
    if pair.same:
        return Document(title, (summary(pair),))
    times = _times(pair) if timing else None
    return Document(
        title,
        (
            summary(pair),
            metrics(pair),
            paired(pair, _results_on_test_rows(pair) if timing else None),
            changes(pair),
            trials(pair),
            hyperparameters(pair),
            features(pair),
            best_parameters(pair),
            overfit_gap(pair),
            cost(pair, times, with_times=timing),
            ceilings(pair),
            recommendation(pair),
            provenance(pair),
        ),
    )


def _results_on_test_rows(pair: Pair) -> int | None:
    """How many results MLflow has of the test rows, if both sides have the same; None if unknown."""
    if not pair.verdict.comparable:
        return None
    digest = test_rows_digest(pair.a.result.predictions)
    return count_results_on(digest, [side.result.dataset for side in pair])


def _times(pair: Pair) -> Times | None:
    """None if a model of another version cannot predict."""
    try:
        return inference_times((pair.a.result.root, pair.b.result.root))
    except LockstepError:
        return None


def refuse_files(files: Sequence[str]) -> None:
    """Make sure that reports go to different files, none of which is the pipeline's.

    Raises:
        DataError: naming the first unusable file.
    """
    places = [_usable(file) for file in files]
    if len(set(places)) < len(places):
        raise DataError(f"{files[1]}: is given for both --md and --html; name two files")


def _usable(file: str) -> Path:
    try:
        place, root = Path(file).resolve(), project_root().resolve()
        is_folder = place.is_dir()
    except (OSError, RuntimeError) as error:
        reason = system_reason(error)
        raise DataError(f"{file}: cannot be written: {reason}; name another file") from None
    if is_folder:
        raise DataError(f"{file}: is a folder; name a file")
    if place in {root / file for file in FILES} or any(place.is_relative_to(root / folder) for folder in FOLDERS):
        raise DataError(f"{file}: belongs to the pipeline; name another file, such as comparison.md")
    return place
