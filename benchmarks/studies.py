"""The two studies, repeated and surpassed: docs/studies/NAME.md, made by real experiments in copies of the repository.

`python -m benchmarks.studies california_housing` took 40 minutes on two busy cores, `spotify` 15. What has been
found is kept in benchmarks/studies.json after each experiment, and a broken run goes on from there; `--again` starts a
study over, `--page` only writes the pages.
"""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.study_page import page
from benchmarks.study_run import ablation, run_setting, start_project
from benchmarks.study_settings import STUDIES, Study
from benchmarks.tables import ROOT, copy_repository, run

FOUND = Path(__file__).with_name("studies.json")


def main() -> None:
    """Run the studies asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies", description=__doc__)
    parser.add_argument("study", nargs="*", help=f"of {', '.join(STUDIES)}; all if none is named")
    parser.add_argument("--again", action="store_true", help="start over")
    parser.add_argument("--page", action="store_true", help="only write the pages again")
    chosen = parser.parse_args()
    unknown = set(chosen.study) - set(STUDIES)
    if unknown:
        parser.error(f"unknown study {sorted(unknown)[0]}; there are {', '.join(STUDIES)}")
    for name in ("LOCKSTEP_WORKERS", "LOCKSTEP_SCHEDULER", "MLFLOW_TRACKING_URI"):
        os.environ.pop(name, None)
    for name in chosen.study or list(STUDIES):
        if not chosen.page:
            _run(name, STUDIES[name], {} if chosen.again else read_studies().get(name, {}))
        target = ROOT / "docs/studies" / f"{name}.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(page(name, STUDIES[name], read_studies()[name]), encoding="utf-8")
        print(f"studies: {target.relative_to(ROOT)}", flush=True)


def read_studies() -> dict[str, Any]:
    """What the studies have found, by name."""
    found: dict[str, Any] = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    return found


def write_study(name: str, content: dict[str, Any]) -> None:
    """Keep what a study has found, in place of what it had."""
    FOUND.write_text(json.dumps({**read_studies(), name: content}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _run(name: str, study: Study, known: dict[str, Any]) -> None:
    content: dict[str, Any] = {"settings": {}, **known}
    # What another state of the code found is not mixed in.
    commit = run(ROOT, "git", "rev-parse", "HEAD").strip()
    folder = Path(tempfile.mkdtemp(prefix="lockstep-study-"))
    try:
        for number, setting in enumerate(study.settings):
            known_run = content["settings"].get(setting.name, {})
            if (known_run.get("command"), known_run.get("commit")) == (setting.command(), commit):
                continue
            project = folder / str(number)
            copy_repository(project)
            start_project(project)
            print(f"studies: {setting.command()}", flush=True)
            content["settings"][setting.name] = {"commit": commit, **run_setting(project, setting)}
            print(f"studies: {json.dumps(content['settings'][setting.name]['metrics']['test'])}", flush=True)
            if setting.name == study.ours:
                content["ablation"] = ablation(project, study.groups)
            write_study(name, content)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
