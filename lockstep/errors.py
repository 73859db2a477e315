"""Errors that a user can cause: one line each, naming what, where, the value seen and the remedy."""

import sys


class LockstepError(Exception):
    """Base of every error that ends a stage or a command with one line and exit code 1."""


def one_line(text: object, longest: int | None = None) -> str:
    """A text, or what an error says, in one line of at most `longest` characters."""
    return " ".join(str(text).split())[:longest]


def kind_and_reason(error: BaseException, longest: int = 200) -> str:
    """An error of some library in one line: its class, and what it says in at most `longest` characters."""
    return f"{type(error).__name__}: {one_line(error, longest)}"


def system_reason(error: Exception) -> str:
    """Why a file or folder cannot be used, in the system's words where it has some."""
    # pathlib's own error, which names the path alone
    if isinstance(error, RuntimeError):
        return "a link leads back to itself"
    return getattr(error, "strerror", None) or one_line(error)


def file_trouble(error: OSError) -> str:
    """Which file could not be read or written, and why."""
    return f"{error.filename}: {error.strerror}" if error.filename else one_line(error)


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
