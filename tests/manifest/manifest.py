"""The hashes of every DVC output for five configurations: what a refactoring must not change.

`make manifest` runs each configuration in a throw-away copy, from an empty evaluation log, and compares; with RENEW=1
it writes what it found instead.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.manifest.configurations import CONFIGURATIONS, HERE, Configuration
from tests.pipeline.project import Project, new_project

HASHES = HERE / "hashes.json"
# Pipelines at once, each with one worker: that keeps two cores busy also while one of them starts or ends.
AT_ONCE = 2
# Seconds: more than any of them takes beside other work.
ENDS_WITHIN = 3600.0

Hashes = Mapping[str, str]


def hashes_of(configuration: Configuration, folder: Path, *, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Run a configuration in a new project.

    Args:
        configuration: What to run.
        folder: Where the project is made.
        env: Further environment variables, as a mirror's.

    Returns:
        sha256 of every file of every output, by its path.

    Raises:
        AssertionError: with what it printed, if the pipeline fails.
    """
    project = new_project(folder, tiny=False)
    configuration.apply(project)
    project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "1", **(env or {})}, ends_within=ENDS_WITHIN)
    return {file.relative_to(folder).as_posix(): _sha256(file) for file in _outputs(project)}


def differences(expected: Hashes, found: Hashes) -> list[str]:
    """One line per output that differs, is new, or is gone."""
    lines = []
    for path in sorted({*expected, *found}):
        if path not in found:
            lines.append(f"{path}: is gone")
        elif path not in expected:
            lines.append(f"{path}: is new")
        elif expected[path] != found[path]:
            lines.append(f"{path}: differs")
    return lines


def read_hashes() -> dict[str, Hashes]:
    """The hashes as they are kept, by configuration."""
    content: dict[str, Hashes] = json.loads(HASHES.read_text(encoding="utf-8"))
    return content


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or renew; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.manifest.manifest", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"configurations; default: {', '.join(CONFIGURATIONS)}"
    )
    parser.add_argument("--renew", action="store_true", help="write the hashes that were found")
    parser.add_argument("--mirror", help="LOCKSTEP_DATA_MIRROR of the runs")
    chosen = parser.parse_args(arguments)
    names = chosen.names or list(CONFIGURATIONS)
    if unknown := sorted({*names} - {*CONFIGURATIONS}):
        parser.error(f"no such configuration: {', '.join(unknown)}; known: {', '.join(CONFIGURATIONS)}")
    kept = read_hashes() if HASHES.exists() else {}
    changed = 0
    for name, found in _all(names, chosen.mirror):
        lines = differences(kept[name], found) if name in kept else ["not known yet"]
        changed += bool(lines)
        print(f"manifest: {name}: {len(found)} files, {f'{len(lines)} changed' if lines else 'equal'}", flush=True)
        for line in lines:
            print(f"  {line}", flush=True)
        if chosen.renew:
            kept[name] = found
            HASHES.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if changed:
        what = "renewed: say in the commit why" if chosen.renew else "if the change is meant: make manifest RENEW=1"
        print(f"manifest: {what}", file=sys.stderr)
    return 1 if changed and not chosen.renew else 0


def _all(names: Sequence[str], mirror: str | None) -> Iterator[tuple[str, Hashes]]:
    env = {"LOCKSTEP_DATA_MIRROR": str(Path(mirror).resolve()) if Path(mirror).is_dir() else mirror} if mirror else {}
    with tempfile.TemporaryDirectory(prefix="manifest-") as scratch, ThreadPoolExecutor(AT_ONCE) as threads:
        runs = {name: threads.submit(hashes_of, CONFIGURATIONS[name], Path(scratch) / name, env=env) for name in names}
        for name, run in runs.items():
            yield name, run.result()


def _outputs(project: Project) -> list[Path]:
    places = [project.folder / path for path in project.output_hashes()]
    return sorted(
        file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
