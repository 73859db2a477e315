"""The `lockstep` command, which parses and prints; the library does the work."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence

from lockstep.errors import LockstepError, file_trouble, refuse_stripped_docstrings
from lockstep.guards.text.messages import brief
from lockstep.list.families import FAMILIES


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command; returns the exit code: 0, 1 with one line on stderr, or 128 + the signal that stopped it."""
    _replace_unprintable()
    arguments = _parser().parse_args(argv)
    function: Callable[[argparse.Namespace], str] = arguments.function
    try:
        refuse_stripped_docstrings()
        _print(function(arguments))
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
    """A signal that ends the command."""

    def __init__(self, number: int) -> None:
        self.number = number


def _replace_unprintable() -> None:
    """Replace characters that the terminal's encoding lacks by question marks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _print(line: str) -> None:
    """Print a line; a reader that closes the pipe, such as `head`, ends the command."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # Python flushes again at exit, which would fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _Stopped(signal.SIGPIPE) from None


def _stop(number: int, _: object) -> None:
    raise _Stopped(number)


def _stop_on_signals() -> None:
    """Turn signals into an exception, so that temporary files are removed; those that nohup ignores stay ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lockstep", description="Checks and views around the DVC pipeline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (
        ("check", check, "validate params.yaml, the chosen dataset file and the code in custom/"),
        ("sync", sync, "complete MLflow from DVC's outputs, or compare the two"),
        ("champion", champion, "list the versions of the registered model, or make one of them the champion"),
        ("export", export, "write a result and its views into one folder"),
        ("verify", verify, "run the pipeline again in a clean copy and compare every hash with dvc.lock"),
        ("new-dataset", new_dataset, "inspect a table and write its dataset file"),
        ("predict", predict, "write the model's predictions for the rows of a file"),
        ("clean-cache", clean_cache, "remove the caches of searches in .lockstep, and leftovers of killed ones"),
        ("list", list_kinds, "list steps, rules, metrics, objectives, sources or splits, the project's own included"),
        ("compare", compare, "compare two results: which is better, by how much, at what cost, and which to ship"),
    ):
        commands.add_parser(name, help=text, description=text).set_defaults(function=function)
    check_parser = commands.choices["check"]
    check_parser.add_argument(
        "--update-source",
        action="store_true",
        help="accept a changed local file: write its sha256 into the dataset file",
    )
    sync_parser = commands.choices["sync"]
    selection = sync_parser.add_mutually_exclusive_group()
    selection.add_argument("--rev", help="a commit, tag, branch or experiment instead of the workspace")
    selection.add_argument("--all-experiments", action="store_true", help="the workspace and every DVC experiment")
    sync_parser.add_argument("--check", action="store_true", help="write nothing; print the differences, exit 1 if any")
    champion_parser = commands.choices["champion"]
    version = champion_parser.add_mutually_exclusive_group()
    version.add_argument(
        "version", metavar="VERSION", nargs="?", help="the version to make champion; default: list all"
    )
    version.add_argument("--back", action="store_true", help="set back to the champion before the present one")
    champion_parser.add_argument("--dataset", metavar="NAME", help="the model's dataset; default: that of params.yaml")
    export_parser = commands.choices["export"]
    export_parser.add_argument("folder", metavar="DIR", help="the folder; an earlier export there is replaced")
    export_parser.add_argument("--rev", help="a commit, tag, branch or experiment instead of the workspace")
    export_parser.add_argument("--force", action="store_true", help="also write into a folder with other files")
    export_parser.add_argument("--check", action="store_true", help="only check whether DIR can be written to")
    verify_parser = commands.choices["verify"]
    verify_parser.add_argument("--rev", help="a commit to verify instead of the files as they are")
    verify_parser.add_argument("--keep", action="store_true", help="keep the copy, to look at its outputs")
    new_dataset_parser = commands.choices["new-dataset"]
    new_dataset_parser.add_argument("place", metavar="PATH_OR_URL", help="a table: CSV, Parquet, .xlsx, JSON, ...")
    new_dataset_parser.add_argument("--target", required=True, metavar="COL", help="the column to predict")
    new_dataset_parser.add_argument("--name", help="name of the dataset; default: the file's name")
    new_dataset_parser.add_argument("--classes", action="store_true", help="treat a target of integers as classes")
    new_dataset_parser.add_argument("--weight", metavar="COL", help="the column that says how much a row counts")
    new_dataset_parser.add_argument("--exposure", metavar="COL", help="the time or amount in which a count came about")
    new_dataset_parser.add_argument(
        "--header",
        metavar="NAMES",
        help="names of a file without a line of names: a,b,c; none: c1, c2, ...; first: the first line is one",
    )
    new_dataset_parser.add_argument("--encoding", help="encoding of a text file, such as cp1251; default: found out")
    new_dataset_parser.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (.xlsx)")
    new_dataset_parser.add_argument("--member", metavar="NAME", help="the file in a zip or tar archive")
    replacing = new_dataset_parser.add_mutually_exclusive_group()
    replacing.add_argument("--force", action="store_true", help="replace an existing dataset file")
    replacing.add_argument(
        "--update", action="store_true", help="add new columns to an existing dataset file and tell what differs"
    )
    new_dataset_parser.add_argument(
        "--no-samples", action="store_true", help="show no value of the table in the file's comments"
    )
    predict_parser = commands.choices["predict"]
    predict_parser.add_argument(
        "source", metavar="IN", help="raw rows: .csv, .csv.gz, .parquet, or a file like the source"
    )
    predict_parser.add_argument("target", metavar="OUT", help="the file to write: .csv, .csv.gz or .parquet")
    predict_parser.add_argument(
        "--model",
        default="models/model",
        metavar="PATH_OR_URI",
        help="the model's folder, or an address in MLflow such as models:/NAME@champion; default: %(default)s",
    )
    predict_parser.add_argument("--keep", action="append", default=[], metavar="COL", help="a column of IN to copy")
    predict_parser.add_argument("--force", action="store_true", help="replace an existing OUT")
    predict_parser.add_argument(
        "--strict", action="store_true", help="refuse a missing value in a column that had none in training"
    )
    predict_parser.add_argument(
        "--trust-code",
        action="store_true",
        help="run the model's own copy of custom steps and rules where this project has other ones: read it first",
    )
    compare_parser = commands.choices["compare"]
    side_help = "a commit, branch, tag or experiment, `workspace`, or a folder that `lockstep export` wrote"
    compare_parser.add_argument("a", metavar="A", help=side_help)
    compare_parser.add_argument("b", metavar="B", nargs="?", default="workspace", help="the same; default: %(default)s")
    compare_parser.add_argument("--md", metavar="FILE", help="also write the report as Markdown, for a pull request")
    compare_parser.add_argument("--html", metavar="FILE", help="also write it as a page with figures")
    compare_parser.add_argument(
        "--no-timing", action="store_true", help="show no times and no count from MLflow: same results, same report"
    )
    list_parser = commands.choices["list"]
    list_parser.add_argument("kind", choices=FAMILIES, metavar="KIND", help=" | ".join(FAMILIES))
    list_parser.add_argument("name", metavar="NAME", nargs="?", help="print all about this one")
    list_parser.add_argument("--markdown", action="store_true", help="print the page of docs/ about the built-in ones")
    clean_cache_parser = commands.choices["clean-cache"]
    clean_cache_parser.add_argument(
        "--dry-run", action="store_true", help="only list what would be removed, and its size"
    )
    clean_cache_parser.add_argument("--leftovers", action="store_true", help="keep what a later search can use")
    return parser


def check(arguments: argparse.Namespace) -> str:
    """Validate the settings, the project's own code, the local table and the environment, without asking a cluster."""
    from lockstep.check.config import load_config
    from lockstep.check.custom_code import check_custom_code
    from lockstep.check.source_file import check_source, update_source
    from lockstep.guards.text.secrets import masked
    from lockstep.project.custom import all_custom_files
    from lockstep.project.paths import DATASETS
    from lockstep.tracking.repository import is_untracked
    from lockstep.workers.machine import cache_limit, scheduler_address, worker_count

    notes = check_custom_code()
    config, workers, address = load_config(), worker_count(), scheduler_address()
    cache_limit()
    if arguments.update_source:
        return update_source(config)
    for warning in check_source(config):
        print(f"lockstep: warning: {warning}", file=sys.stderr)
    for file in (DATASETS / f"{config.dataset_name}.yaml", *all_custom_files()):
        if is_untracked(file):
            notes.append(f"{file}: git does not track it, so `dvc exp run --temp` and `--queue` lack it; git add it")
    for note in notes:
        print(f"lockstep: note: {note}", file=sys.stderr)
    most = "" if config.tune.patience is None and config.tune.budget is None else "at most "
    where = f"Dask cluster {masked(address)}" if address else f"{workers} workers"
    return (
        f"lockstep: settings are valid: dataset {config.dataset_name}, features {config.features},"
        f" space {config.tune.space}, {most}{config.tune.n_trials} trials ({len(config.tune.enqueue)} enqueued),"
        f" {where}"
    )


def sync(arguments: argparse.Namespace) -> str:
    """Complete MLflow from DVC's outputs, or compare the two."""
    from lockstep.sync.sync import sync as run

    _stop_on_signals()
    return run(arguments.rev, arguments.all_experiments, arguments.check, _print)


def champion(arguments: argparse.Namespace) -> str:
    """List the versions of the registered model, or make one of them the champion."""
    from lockstep.project.blocks import Blocks
    from lockstep.tracking.champions import champions, set_champion

    dataset = arguments.dataset or Blocks.read().dataset_name
    if arguments.version is None and not arguments.back:
        return champions(dataset)
    return f"lockstep: {set_champion(dataset, arguments.version)}"


def export(arguments: argparse.Namespace) -> str:
    """Write a result and its views into one folder."""
    from pathlib import Path

    from lockstep.export.folder import ExportFolder

    target = ExportFolder(Path(arguments.folder))
    target.refuse_unusable(force=arguments.force)
    if arguments.check:
        return f"lockstep: {arguments.folder} can take an export"
    # A slow import.
    from lockstep.export.export import export as write

    _stop_on_signals()
    what = write(target, arguments.rev)
    return f"lockstep: {what} exported: {arguments.folder}; open its index.html; its README.md describes the rest"


def verify(arguments: argparse.Namespace) -> str:
    """Run the pipeline again in a clean copy and compare every output with dvc.lock."""
    from lockstep.verify.verify import verify as run_again

    return f"lockstep: identical: {run_again(arguments.rev, keep=arguments.keep)}"


def new_dataset(arguments: argparse.Namespace) -> str:
    """Inspect a table and write datasets/NAME.yaml."""
    from lockstep.inspect.files.table_file import FileOptions
    from lockstep.inspect.new_dataset import new_dataset as write
    from lockstep.inspect.new_dataset import summary

    dataset = write(
        arguments.place,
        arguments.target,
        name=arguments.name,
        as_classes=arguments.classes,
        weight=arguments.weight,
        exposure=arguments.exposure,
        force=arguments.force,
        update=arguments.update,
        samples=not arguments.no_samples,
        options=FileOptions(arguments.header, arguments.encoding, arguments.sheet, arguments.member),
    )
    return summary(dataset)


def predict(arguments: argparse.Namespace) -> str:
    """Write the model's predictions for the rows of a file."""
    import time

    from lockstep.predict.predict import loaded_model, predict_file

    _stop_on_signals()
    with loaded_model(arguments.model, trust_code=arguments.trust_code) as loaded:
        for warning in loaded.warnings:
            print(f"lockstep: warning: {warning}", file=sys.stderr)
        started = time.perf_counter()
        rows = predict_file(
            arguments.source,
            arguments.target,
            loaded.model,
            arguments.keep,
            force=arguments.force,
            strict=arguments.strict,
        )
        seconds = time.perf_counter() - started
        return (
            f"lockstep: {rows:,} rows predicted in {seconds:.1f} s: {arguments.target}\n"
            f"lockstep: answered by {loaded.summary}"
        )


def clean_cache(arguments: argparse.Namespace) -> str:
    """Remove the caches of searches."""
    from lockstep.caches import clean

    return clean(dry_run=arguments.dry_run, leftovers=arguments.leftovers)


def list_kinds(arguments: argparse.Namespace) -> str:
    """List the classes of a kind, or describe one."""
    from lockstep.list.listing import entry, listing
    from lockstep.list.markdown import page

    family = FAMILIES[arguments.kind]
    if arguments.markdown:
        return page(family).removesuffix("\n")
    return entry(family, arguments.name) if arguments.name else listing(family)


def compare(arguments: argparse.Namespace) -> str:
    """Compare two results."""
    from lockstep.compare.comparison import write_reports

    _stop_on_signals()
    return write_reports(arguments.a, arguments.b, arguments.md, arguments.html, timing=not arguments.no_timing)


if __name__ == "__main__":
    raise SystemExit(main())
