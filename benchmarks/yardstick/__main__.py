"""`make bench-tables TABLES=FOLDER`: Lockstep's defaults beside other methods, table by table.

Every cell (table, seed of the split, method) is written to benchmarks/tables.json as soon as it is there, so that a run
continues where an earlier one stopped; cells of other settings, code or rows are made again. At the end, and with
`--page` alone, benchmarks/tables.md is written. With --row-limit everything stays in .lockstep/yardstick/.
"""

import argparse
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks.yardstick.cells import LOCKSTEP, METHODS, Cells, Key
from benchmarks.yardstick.methods import CACHE, LEAST_SECONDS, Bench, lockstep_cell, need_rows, other_cell, versions
from benchmarks.yardstick.page import page
from benchmarks.yardstick.tables import TABLES

CELLS = Path(__file__).parents[1] / "tables.json"
SEEDS = (42, 7, 1, 2, 3)


def main() -> None:
    """Run the cells asked for that are missing or stale, then write the page."""
    options = _parser().parse_args()
    limit = options.row_limit
    cells = Cells(CELLS if limit is None else CACHE / f"limited-{limit}.json")
    bench = Bench(options.folder, limit)
    current = versions()
    if not options.page:
        # Lockstep comes first: its cell has the rows and the seconds of the others.
        methods = sorted(options.methods, key=METHODS.index)
        for key in [
            Key(table, seed, method) for seed in options.seeds for table in options.tables for method in methods
        ]:
            if not (key in cells and options.keep) and not cells.is_current(key, current):
                _add(bench, cells, key)
    cells.file.with_suffix(".md").write_text(page(cells, current), encoding="utf-8")
    print(f"yardstick: {cells.file.with_suffix('.md')}")


def _add(bench: Bench, cells: Cells, key: Key) -> None:
    ours = cells.get(Key(key.table, key.seed, LOCKSTEP))
    print(f"yardstick: {key}", flush=True)
    try:
        if key.method == LOCKSTEP:
            cells.add(key, lockstep_cell(bench, key))
        elif ours is None and key.method in ("flaml", "autogluon"):
            print(f"yardstick: {key}: its time is that of Lockstep, which has no cell; add lockstep to --methods")
            return
        else:
            need_rows(bench, key, ours.rows if ours else None)
            cells.add(key, other_cell(bench, key, max(LEAST_SECONDS, ours.wall) if ours else LEAST_SECONDS))
    except SystemExit as failure:
        # One table that a method cannot do must not end a run of hours.
        print(f"yardstick: {key}: left out: {failure}", flush=True)
        return
    cell = cells[key]
    print(f"  {cell.metric}: test {cell.test:.6g}, out-of-fold {cell.oof}, {cell.wall:.1f} s", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.yardstick", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, help="where NAME.csv of every table lies; without it: Lockstep's own tables"
    )
    parser.add_argument("--tables", type=_names(TABLES), default=list(TABLES), help=f"of {', '.join(TABLES)}")
    parser.add_argument("--methods", type=_names(METHODS), default=list(METHODS), help=f"of {', '.join(METHODS)}")
    parser.add_argument("--seeds", type=lambda text: [int(word) for word in text.split(",")], default=list(SEEDS))
    parser.add_argument("--row-limit", type=int, help="so many random rows of each file, for a trial")
    parser.add_argument("--keep", action="store_true", help="keep cells of other settings, code or rows")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    return parser


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    """What reads a list a,b,c of known names."""

    def read(text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(f"{word!r}; allowed: {', '.join(known)}")
        return words

    return read


if __name__ == "__main__":
    main()
