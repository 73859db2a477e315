"""What is struck besides the stages: an export and the evaluation log."""

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults.forks import in_child
from tests.faults.states import Files
from tests.faults.writes import limit_files

EXPORT = "outputs"
EXPORTED = ("params.yaml", "reports/metrics.json", "reports/evaluate/slices.csv", "results.json")
EVALUATIONS = 60
# Bytes from one place in the log where writing ends to the next.
BETWEEN = 2000


def outputs_of(stage: str, dvc_yaml: Mapping[str, Any], files: Files) -> list[str]:
    """The files that a stage writes, those in folders too."""
    declared = [out for key in ("outs", "metrics", "plots") for out in dvc_yaml["stages"][stage].get(key, [])]
    paths = [out if isinstance(out, str) else next(iter(out)) for out in declared]
    return [name for name in files if any(Path(name).is_relative_to(path) for path in paths)]


def export() -> None:
    """What `lockstep export` does with its folder, with few files."""
    from lockstep.errors import LockstepError
    from lockstep.export.folder import ExportFolder

    target = ExportFolder(Path(EXPORT))
    try:
        target.refuse_unusable(force=True)
        with target.replaced() as new:
            for name in EXPORTED:
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(new_file(name))
    except (LockstepError, OSError) as error:
        print(f"lockstep: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def new_file(name: str) -> bytes:
    """What an exported file holds."""
    return b'{"made_by": "lockstep export", "is": "new"}' if name == "results.json" else f"new {name}".encode()


def earlier_export() -> Files:
    """A folder that an export wrote, and a file that a person put there."""
    files = {f"{EXPORT}/{name}": new_file(name).replace(b"new", b"old") for name in EXPORTED}
    listed = json.dumps({"files": sorted(EXPORTED)}).encode()
    return {**files, f"{EXPORT}/.lockstep-export.json": listed, f"{EXPORT}/notes.txt": b"a person's"}


def strike_log(out: Path) -> None:
    """End processes that write the evaluation log, and refuse their writes, all along the file; writes log.json."""
    from lockstep.fitting.booster import FoldScore
    from lockstep.search.evaluation_log import EvaluationLog
    from lockstep.workers.trial import Evaluation

    out.mkdir()
    path = out / "evaluations.db"

    def write() -> None:
        with EvaluationLog(path) as log:
            for number in range(EVALUATIONS):
                log.remember(f"{number:064}", Evaluation(FoldScore(0.5, {"rmse": 0.5}, 10), "", 1.0, 1.0))
                print(f"kept {number}", flush=True)

    def read() -> None:
        with EvaluationLog(path) as log:
            found = [number for number in range(EVALUATIONS) if log.find(f"{number:064}")]
            print(f"found {found}")

    def struck(limit: int, then: signal.Handlers) -> dict[str, Any]:
        def limited() -> None:
            limit_files(limit, then)
            write()

        for file in out.glob("evaluations.*"):
            file.unlink()
        said, code = in_child(limited)
        return {"limit": limit, "said": said, "code": code, "again": in_child(read)}

    in_child(write)
    limits = range(0, path.stat().st_size, BETWEEN)
    outcomes = [struck(limit, then) for limit in limits for then in (signal.SIG_DFL, signal.SIG_IGN)]
    (out / "log.json").write_text(json.dumps(outcomes))
