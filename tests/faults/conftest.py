"""The finished pipeline of tests/pipeline, to break things in copies of it."""

from tests.pipeline.conftest import finished, project

__all__ = ["finished", "project"]
