"""Errors that a user can cause: one line each, naming what, where, the value seen and the remedy."""

import sys


class LockstepError(Exception):
    """Base of every error that ends a stage or a command with one line and exit code 1."""


def file_trouble(error: OSError) -> str:
    """Which file could not be read or written, and why, in the system's words."""
    return f"{error.filename}: {error.strerror}" if error.filename else " ".join(str(error).split())


class ConfigError(LockstepError):
    """A setting in params.yaml, datasets/*.yaml or the environment is wrong."""


class SourceError(LockstepError):
    """The bytes of a table could not be obtained, or are not what the dataset file promises."""


class DataError(LockstepError):
    """The table was read but its content breaks what the dataset file says."""


class DiskError(LockstepError):
    """A temporary file could not be written."""


class SearchError(LockstepError):
    """The search could not produce a best trial."""


class TrackingError(LockstepError):
    """MLflow could not be reached or refused the result; DVC's outputs are not affected."""


class VerifyError(LockstepError):
    """The pipeline could not be run again, or did not give what dvc.lock says: then a line per output and cause."""


class CacheError(LockstepError):
    """A cache is in use, or could not be removed."""


def refuse_stripped_docstrings() -> None:
    """Make sure that Python keeps docstrings: XGBoost cannot be imported without them.

    Raises:
        ConfigError: under PYTHONOPTIMIZE=2 and `python -OO`.
    """
    if sys.flags.optimize > 1:
        raise ConfigError(
            "environment: PYTHONOPTIMIZE=2 (python -OO) removes docstrings, without which XGBoost cannot be imported;"
            " unset it, or set it to 1"
        )
