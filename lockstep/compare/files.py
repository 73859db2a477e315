"""Files that a report may be written to."""

from collections.abc import Sequence
from pathlib import Path

from lockstep.errors import DataError, system_reason
from lockstep.project import paths
from lockstep.project.paths import project_root
from lockstep.results.dvc_lock import LOCK, PIPELINE

# Of the repository: what a person or the pipeline has written there.
FILES = (paths.PARAMS, LOCK, PIPELINE)
FOLDERS = (paths.REPORTS, paths.MODEL.parent, paths.TEST.parent.parent)


def refuse_files(files: Sequence[str]) -> None:
    """Make sure that reports go to different files, none of which is the pipeline's.

    Raises:
        DataError: naming the first that will not do.
    """
    places = [_usable(file) for file in files]
    if len(set(places)) < len(places):
        raise DataError(f"{files[1]}: is given for both --md and --html; name two files")


def _usable(file: str) -> Path:
    try:
        place, root = Path(file).resolve(), project_root().resolve()
        is_folder = place.is_dir()
    except (OSError, RuntimeError) as error:
        raise DataError(f"{file}: cannot be written: {system_reason(error)}; name another file") from None
    if is_folder:
        raise DataError(f"{file}: is a folder; name a file")
    if place in {root / each for each in FILES} or any(place.is_relative_to(root / each) for each in FOLDERS):
        raise DataError(f"{file}: belongs to the pipeline; name another file, as comparison.md")
    return place
