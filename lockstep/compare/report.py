"""`lockstep compare`: every section of the report about two results."""

from pathlib import Path

from lockstep.compare import (
    ceilings,
    cost,
    gaps,
    importance,
    metrics,
    parameters,
    provenance,
    recommendation,
    settings,
    statistics,
    summary,
    trials,
)
from lockstep.compare.document import Document, Name
from lockstep.compare.files import refuse_files
from lockstep.compare.html import html
from lockstep.compare.markdown import markdown
from lockstep.compare.opening import WORKSPACE, opened_side
from lockstep.compare.pair import Pair
from lockstep.compare.timing import inference_times
from lockstep.errors import DataError, LockstepError, system_reason
from lockstep.storage.tables import atomic_write


def write_reports(a: str, b: str, md: str | None, page: str | None, *, timing: bool = True) -> str:
    """Compare two results, and write the report to files; returns it as Markdown.

    Args:
        a: As of `compare`.
        b: As of `compare`.
        md: Where to write it as Markdown; an existing file is replaced when the report is whole.
        page: The same as a page.
        timing: As of `compare`.

    Raises:
        DataError: as `compare`, or if a file cannot be written.
    """
    refuse_files([file for file in (md, page) if file is not None])
    document = compare(a, b, timing=timing)
    shown = markdown(document)
    for file, content in ((md, shown), (page, html(document) if page else "")):
        if file is not None:
            _write(Path(file), content)
    return shown.rstrip()


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
        timing: Whether inference is measured, and any time shown; without, the same results give the same report.

    Raises:
        DataError: if there is no such result, its outputs are missing, or the two predict different things.
    """
    with opened_side("A", a) as one, opened_side("B", b) as other:
        try:
            return report(Pair(one, other), timing=timing)
        except KeyError as error:
            what = f"no {error} in an output"
            raise DataError(
                f"compare {a} {b}: one of them was written by another version of Lockstep ({what}); run it again"
            ) from error


def report(pair: Pair, *, timing: bool) -> Document:
    """All sections; of one result on both sides the summary alone."""
    title = ("Comparison of ", Name(pair.a.name), " (A) and ", Name(pair.b.name), " (B)")
    if pair.same:
        return Document(title, (summary.section(pair),))
    times = _times(pair) if timing else None
    return Document(
        title,
        (
            summary.section(pair),
            metrics.section(pair),
            statistics.section(pair),
            settings.section(pair),
            trials.section(pair),
            importance.hyperparameters(pair),
            importance.features(pair),
            parameters.section(pair),
            gaps.section(pair),
            cost.section(pair, times, with_times=timing),
            ceilings.section(pair),
            recommendation.section(pair),
            provenance.section(pair),
        ),
    )


def _times(pair: Pair) -> cost.Times | None:
    """None where a model of another version cannot be asked."""
    try:
        return inference_times((pair.a.result.root, pair.b.result.root))
    except LockstepError:
        return None
