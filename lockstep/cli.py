"""The `lockstep` command: parses and prints; the library does the work."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence

from lockstep.errors import LockstepError, file_trouble, refuse_stripped_docstrings
from lockstep.guards.text.messages import brief


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit code: 0, 1 with one line on stderr, 128 + a signal that stopped it."""
    _show_every_character()
    chosen = _parser().parse_args(argv)
    function: Callable[[argparse.Namespace], str] = chosen.function
    try:
        refuse_stripped_docstrings()
        _say(function(chosen))
    except LockstepError as error:
        print("\n".join(map(brief, f"lockstep: {error}".split("\n"))), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"lockstep: {file_trouble(error)}; check the disk and its permissions", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _Stopped) as stop:
        number = stop.number if isinstance(stop, _Stopped) else signal.SIGINT
        if number != signal.SIGPIPE:
            print("lockstep: stopped", file=sys.stderr)
        return 128 + number
    return 0


class _Stopped(BaseException):
    """A signal arrived that ends the command."""

    def __init__(self, number: int) -> None:
        self.number = number


def _show_every_character() -> None:
    """Let a terminal of few characters show question marks for the others."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _say(line: str) -> None:
    """Print a line; who reads no further, as `head`, ends the command."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # Python flushes again at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _Stopped(signal.SIGPIPE) from None


def _stop(number: int, _: object) -> None:
    raise _Stopped(number)


def _end_in_order() -> None:
    """Let what is half written or copied go away when a signal comes; who uses nohup wants one ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lockstep", description="Checks and views around the DVC pipeline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (
        ("check", check, "validate params.yaml and the chosen dataset file"),
        ("sync", sync, "make MLflow complete from DVC's outputs, or compare the two"),
        ("export", export, "write a result and its views into one folder"),
        ("verify", verify, "run the pipeline again in a clean copy and compare every hash with dvc.lock"),
        ("new-dataset", new_dataset, "look at a table and write its dataset file"),
        ("predict", predict, "write the model's predictions for the rows of a file"),
        ("clean-cache", clean_cache, "remove what searches have kept in .lockstep, and what killed ones have left"),
        ("compare", compare, "tell which of two results is better, by how much, at what cost, and which to ship"),
    ):
        commands.add_parser(name, help=text, description=text).set_defaults(function=function)
    settings = commands.choices["check"]
    settings.add_argument(
        "--update-source",
        action="store_true",
        help="take in a changed local file: write its sha256 into the dataset file",
    )
    views = commands.choices["sync"]
    which = views.add_mutually_exclusive_group()
    which.add_argument("--rev", help="a commit, tag, branch or experiment instead of the workspace")
    which.add_argument("--all-experiments", action="store_true", help="the workspace and every DVC experiment")
    views.add_argument("--check", action="store_true", help="write nothing; print each difference, exit 1 if any")
    handed_on = commands.choices["export"]
    handed_on.add_argument("folder", metavar="DIR", help="the folder; an earlier export there is replaced")
    handed_on.add_argument("--rev", help="a commit, tag, branch or experiment instead of the workspace")
    handed_on.add_argument("--force", action="store_true", help="also into a folder that holds other files")
    handed_on.add_argument("--check", action="store_true", help="only see whether DIR can be written to")
    again = commands.choices["verify"]
    again.add_argument("--rev", help="a commit to verify instead of the files as they are")
    again.add_argument("--keep", action="store_true", help="leave the copy where it is, to look at its outputs")
    table = commands.choices["new-dataset"]
    table.add_argument("place", metavar="PATH_OR_URL", help="a CSV (gzipped or not) or Parquet file")
    table.add_argument("--target", required=True, metavar="COL", help="the column to predict")
    table.add_argument("--name", help="of the dataset; by default the file's name")
    table.add_argument("--classes", action="store_true", help="a target of whole numbers names classes")
    table.add_argument("--force", action="store_true", help="replace an existing dataset file")
    asked = commands.choices["predict"]
    asked.add_argument("source", metavar="IN", help="rows as the dataset's source holds them: .csv, .csv.gz, .parquet")
    asked.add_argument("target", metavar="OUT", help="the file to write: .csv, .csv.gz or .parquet")
    asked.add_argument(
        "--model",
        default="models/model",
        metavar="PATH_OR_URI",
        help="the model's folder, or an address in MLflow such as models:/NAME@champion; default: %(default)s",
    )
    asked.add_argument("--keep", action="append", default=[], metavar="COL", help="a column of IN to write too")
    asked.add_argument("--force", action="store_true", help="replace an existing OUT")
    sides = commands.choices["compare"]
    what = "a commit, branch, tag or experiment, `workspace`, or a folder that `lockstep export` wrote"
    sides.add_argument("a", metavar="A", help=what)
    sides.add_argument("b", metavar="B", nargs="?", default="workspace", help="the same; default: %(default)s")
    sides.add_argument("--md", metavar="FILE", help="write the report as Markdown too, as for a pull request")
    sides.add_argument("--html", metavar="FILE", help="write it as a page with figures too")
    sides.add_argument("--no-timing", action="store_true", help="show no times: same results, same report")
    caches = commands.choices["clean-cache"]
    caches.add_argument("--dry-run", action="store_true", help="only show what would go, how large it is, and where")
    caches.add_argument("--leftovers", action="store_true", help="keep what a later search can use")
    return parser


def check(chosen: argparse.Namespace) -> str:
    """Validate params.yaml, the chosen dataset file, its local table and the environment; only tune asks a cluster."""
    from lockstep.check.config import load_config
    from lockstep.check.source_file import check_source, update_source
    from lockstep.guards.text.secrets import masked
    from lockstep.project.paths import DATASETS
    from lockstep.tracking.repository import is_untracked
    from lockstep.workers.machine import cache_limit, scheduler_address, worker_count

    config, workers, address = load_config(), worker_count(), scheduler_address()
    cache_limit()
    if chosen.update_source:
        return update_source(config)
    for warning in check_source(config):
        print(f"lockstep: warning: {warning}", file=sys.stderr)
    file = DATASETS / f"{config.dataset_name}.yaml"
    if is_untracked(file):
        note = f"{file}: git does not track it, so `dvc exp run --temp` and `--queue` lack it; git add it"
        print(f"lockstep: note: {note}", file=sys.stderr)
    where = f"Dask cluster {masked(address)}" if address else f"{workers} workers"
    return (
        f"lockstep: settings are valid: dataset {config.dataset_name}, features {config.features},"
        f" space {config.tune.space}, {config.tune.n_trials} trials ({len(config.tune.enqueue)} given),"
        f" {where}"
    )


def sync(chosen: argparse.Namespace) -> str:
    """Make MLflow complete, or compare it."""
    from lockstep.sync.sync import sync as run

    _end_in_order()
    return run(chosen.rev, chosen.all_experiments, chosen.check, _say)


def export(chosen: argparse.Namespace) -> str:
    """Write a result and its views into one folder."""
    from pathlib import Path

    from lockstep.export.folder import ExportFolder

    target = ExportFolder(Path(chosen.folder))
    target.refuse_unusable(force=chosen.force)
    if chosen.check:
        return f"lockstep: {chosen.folder} can take an export"
    # Whole libraries come with it.
    from lockstep.export.export import export as write

    _end_in_order()
    what = write(target, chosen.rev)
    return f"lockstep: {what} exported: {chosen.folder}; open index.html there, its README.md names the rest"


def verify(chosen: argparse.Namespace) -> str:
    """Run the pipeline again in a clean copy and compare every output with dvc.lock."""
    from lockstep.verify.verify import verify as run_again

    return f"lockstep: identical: {run_again(chosen.rev, keep=chosen.keep)}"


def new_dataset(chosen: argparse.Namespace) -> str:
    """Look at a table and write datasets/NAME.yaml."""
    from lockstep.inspect.new_dataset import new_dataset as write
    from lockstep.inspect.new_dataset import summary

    written = write(chosen.place, chosen.target, name=chosen.name, as_classes=chosen.classes, force=chosen.force)
    return summary(written)


def predict(chosen: argparse.Namespace) -> str:
    """Write the model's predictions for the rows of a file."""
    import time

    from lockstep.predict.predict import loaded_model, predict_file

    _end_in_order()
    with loaded_model(chosen.model) as asked:
        for warning in asked.warnings:
            print(f"lockstep: warning: {warning}", file=sys.stderr)
        started = time.perf_counter()
        rows = predict_file(chosen.source, chosen.target, asked.model, chosen.keep, force=chosen.force)
        seconds = time.perf_counter() - started
        return (
            f"lockstep: {rows:,} rows predicted in {seconds:.1f} s: {chosen.target}\n"
            f"lockstep: answered by {asked.summary}"
        )


def clean_cache(chosen: argparse.Namespace) -> str:
    """Remove the caches of searches."""
    from lockstep.caches import clean

    return clean(dry_run=chosen.dry_run, leftovers=chosen.leftovers)


def compare(chosen: argparse.Namespace) -> str:
    """Compare two results."""
    from lockstep.compare.comparison import write_reports

    _end_in_order()
    return write_reports(chosen.a, chosen.b, chosen.md, chosen.html, timing=not chosen.no_timing)


if __name__ == "__main__":
    raise SystemExit(main())
