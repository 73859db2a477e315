"""The finished pipeline of tests/pipeline, to break things in copies of it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import finished, project

__all__ = ["finished", "project"]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for TMPDIR: worker processes put sockets into it, whose paths must not be long."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
