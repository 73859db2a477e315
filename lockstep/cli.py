"""The `lockstep` command: parses and prints; the library does the work."""

import argparse
import sys
from collections.abc import Callable, Sequence

from lockstep.errors import LockstepError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit code (0, or 1 with one line on stderr)."""
    parser = argparse.ArgumentParser(prog="lockstep", description="Checks and views around the DVC pipeline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (
        ("check", check, "validate params.yaml and the chosen dataset file"),
        ("sync", sync, "show the last result to MLflow, unless it is there already"),
    ):
        commands.add_parser(name, help=text, description=text).set_defaults(function=function)
    chosen: Callable[[], str] = parser.parse_args(argv).function
    try:
        print(chosen())
    except LockstepError as error:
        print(f"lockstep: {error}", file=sys.stderr)
        return 1
    return 0


def check() -> str:
    """Validate params.yaml, the chosen dataset file and LOCKSTEP_WORKERS; only tune asks a cluster."""
    from lockstep.config import load_config
    from lockstep.search.machine import scheduler_address, worker_count
    from lockstep.secrets import masked

    config, workers, address = load_config(), worker_count(), scheduler_address()
    where = f"Dask cluster {masked(address)}" if address else f"{workers} workers"
    return (
        f"lockstep: settings are valid: dataset {config.dataset_name}, features {config.features},"
        f" space {config.tune.space}, {config.tune.n_trials} trials ({len(config.tune.enqueue)} given),"
        f" {where}"
    )


def sync() -> str:
    """Show the working directory's result to MLflow, if it belongs to the current settings."""
    from lockstep.tracking.publish import publish
    from lockstep.tracking.result import refuse_other_params
    from lockstep.tracking.store import shown_uri

    refuse_other_params()
    return f"lockstep: MLflow at {shown_uri()} holds the result as run {publish()}"


if __name__ == "__main__":
    raise SystemExit(main())
