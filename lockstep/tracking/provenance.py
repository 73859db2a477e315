"""Provenance of a result: commit, DVC experiment, dvc.lock and requirements.lock.

A result can exist in several places, as an experiment and, applied, in the workspace: a tag then lists all of them.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lockstep.project.paths import project_root
from lockstep.results.dvc_lock import DvcLock
from lockstep.tracking.repository import head

COMMIT = "git.commit"
EXPERIMENT = "dvc.exp_name"
REQUIREMENTS = Path("requirements.lock")
SEPARATOR = ", "


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    Attributes:
        commit: The commit from which an experiment started, else the commit that is checked out or named.
        exp_name: DVC's name of the experiment.
        lock: Digest of dvc.lock without the entry of evaluate.
        requirements: sha256 of requirements.lock.
        workspace: Whether it is the repository's own working tree, not a temporary copy or a revision.
        own_page: Whether the page and the figures in MLflow must be the ones of this place.
    """

    commit: str | None
    exp_name: str | None
    lock: str | None
    requirements: str | None
    workspace: bool
    own_page: bool

    @classmethod
    def here(cls) -> Self:
        """Provenance of the working directory, from the environment variables that DVC sets for stages."""
        environment = os.environ
        return cls.of(
            Path(),
            environment.get("DVC_EXP_BASELINE_REV") or head(),
            environment.get("DVC_EXP_NAME") or None,
            workspace=project_root().resolve() == Path.cwd(),
        )

    @classmethod
    def of(cls, root: Path, commit: str | None, exp_name: str | None, *, workspace: bool) -> Self:
        """Provenance of a folder with a revision's files."""
        file = root / REQUIREMENTS
        requirements = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
        own_page = workspace or exp_name is not None
        lock = DvcLock.find(root)
        return cls(commit, exp_name, lock.digest() if lock else None, requirements, workspace, own_page)

    def tags(self) -> dict[str, str]:
        """The tags of the known facts."""
        tags = {
            COMMIT: self.commit,
            EXPERIMENT: self.exp_name,
            "dvc.lock_sha256": self.lock,
            "lockstep.requirements_sha256": self.requirements,
        }
        return {name: value for name, value in tags.items() if value}


def places_in(tag: str | None) -> list[str]:
    """The places of a tag."""
    return tag.split(SEPARATOR) if tag else []


def has_place(tag: str | None, value: str) -> bool:
    """Whether a tag lists a place."""
    return value in places_in(tag)


def with_place(tag: str | None, value: str) -> str:
    """The tag with a further place, sorted, so that the order of logging does not matter."""
    return SEPARATOR.join(sorted([*places_in(tag), value]))
