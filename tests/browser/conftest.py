"""The finished pipeline of tests/pipeline, whose page is opened."""

from tests.pipeline.conftest import finished

__all__ = ["finished"]
