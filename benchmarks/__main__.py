"""`make bench`: Lockstep beside the two reference scripts and FLAML, on the same rows, in one run.

Writes benchmarks/results.json as it goes, and from it results.md and results.png. Sections that are not asked for keep
their last results. Everything runs in turn, never side by side; on a machine with other work only the ratios mean much.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import predictions, scaling, sections
from benchmarks.picture import draw
from benchmarks.table import write

RESULTS = Path(__file__).with_name("results.json")

SECTIONS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "california": sections.california,
    "spotify": sections.spotify,
    "workers": sections.workers,
    "tracking": sections.tracking,
    "noop": sections.noop,
    "starts": sections.starts,
    "scaling": scaling.scaling,
    "own_tables": scaling.own_tables,
    "predict": predictions.predict,
}


def main() -> None:
    """Run the sections asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"of {', '.join(SECTIONS)}; all if none is named")
    parser.add_argument("--draw", action="store_true", help="only write table and picture again")
    chosen = parser.parse_args()
    unknown = set(chosen.section) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown section {sorted(unknown)[0]}; there are {', '.join(SECTIONS)}")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    # The contestants get the defaults, whatever the caller has set.
    for name in ("LOCKSTEP_WORKERS", "LOCKSTEP_SCHEDULER", "MLFLOW_TRACKING_URI"):
        os.environ.pop(name, None)
    for name in [] if chosen.draw else chosen.section or list(SECTIONS):
        print(f"bench: {name}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="lockstep-bench-"))
        try:
            results[name] = SECTIONS[name](folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write(results)
    draw(results)


if __name__ == "__main__":
    main()
