"""Likely causes of a difference: the recorded environment of the results against the present one."""

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lockstep.check.config import Config
from lockstep.errors import VerifyError
from lockstep.fetch.file_places import FilePlaces
from lockstep.project import paths
from lockstep.results.dvc_lock import LOCK, DvcLock, md5_of
from lockstep.results.result import Result
from lockstep.verify.against_lock import ChangedOutput
from lockstep.verify.clean_copy import git
from lockstep.workers.identity import LIBRARIES

REQUIREMENTS = "requirements.lock"
# Libraries that determine the bytes of an output; those that tune records come first.
RESULT_LIBRARIES = (
    *LIBRARIES,
    *("scipy", "joblib", "threadpoolctl", "matplotlib", "pillow", "contourpy", "kiwisolver", "jinja2", "markupsafe"),
    *("pydantic", "pydantic-core", "pyyaml", "python-dateutil", "requests", "pooch"),
)
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
# The paragraph of the page that names the libraries that tune recorded.
LIBRARIES_ON_PAGE = re.compile(rf"<p>({LIBRARIES[0]} [^<]+)</p>")
Versions = Mapping[str, str]


@dataclass(frozen=True)
class BuildRecord:
    """The record of how the committed results were computed, read before anything runs.

    Args:
        versions: Libraries then: as tune recorded them, else as requirements.lock pinned them in dvc.lock's commit.
        pins: Libraries as requirements.lock pins them now.
        file_hashes: md5 of the outputs in the clean copy, mainly the reports.
    """

    versions: Versions
    pins: Versions
    file_hashes: Mapping[str, str]


def build_record(root: Path, rev: str | None, copy: Path, lock: DvcLock) -> BuildRecord:
    """Gather the record from the project, its history and the clean copy."""
    hashes = {path: md5_of(copy / path) for path in lock.hashes if (copy / path).is_file()}
    pins = _pins((copy / REQUIREMENTS).read_text(encoding="utf-8") if (copy / REQUIREMENTS).exists() else "")
    pinned_before = _pins(_earlier_requirements(root, rev)) or pins
    return BuildRecord({**pinned_before, **_recorded(root, copy, lock)}, pins, hashes)


def _recorded(root: Path, copy: Path, lock: DvcLock) -> Versions:
    """The versions that tune recorded: from its own file, else from the page, which git tracks; {} without either."""
    search, page = root / paths.SEARCH, copy / paths.INDEX
    if search.is_file() and md5_of(search) == lock.hashes.get(str(paths.SEARCH)):
        return dict(Result(root).search["settings"]["versions"])
    if page.is_file() and md5_of(page) == lock.hashes.get(str(paths.INDEX)):
        paragraph = LIBRARIES_ON_PAGE.search(page.read_text(encoding="utf-8"))
        return dict(library.split(" ", 1) for library in paragraph[1].split(", ")) if paragraph else {}
    return {}


def _earlier_requirements(root: Path, rev: str | None) -> str:
    """requirements.lock of the commit that last changed dvc.lock; "" if dvc.lock is newer than every commit."""
    try:
        if rev is None and git(root, "status", "--porcelain", "--", str(LOCK)):
            return ""
        commit = git(root, "log", "-1", "--format=%H", rev or "HEAD", "--", str(LOCK)).strip()
        return git(root, "show", f"{commit}:./{REQUIREMENTS}")
    except VerifyError:
        return ""


def _pins(requirements: str) -> Versions:
    return {name.lower(): version for name, version in PIN.findall(requirements)}


def installed() -> Versions:
    """Versions of the libraries behind the results, in this interpreter."""
    versions = {}
    for name in RESULT_LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def pin_mismatch(pins: Versions, versions: Versions) -> str | None:
    """One line if libraries differ from requirements.lock."""
    others = [
        f"{name} {exact} (pinned: {pins[name]})" for name, exact in versions.items() if pins.get(name, exact) != exact
    ]
    return (
        f"not what {REQUIREMENTS} pins: {', '.join(others)}; `make -B setup` installs what it pins" if others else None
    )


def likely_causes(
    outputs: Iterable[ChangedOutput], config: Config, lock: DvcLock, record: BuildRecord, current: Versions
) -> list[str]:
    """Likely causes of different outputs, best evidence first: data, libraries, processor and system.

    Args:
        outputs: Outputs that differ, those of the first stage first.
        config: The settings, among them the source of the table.
        lock: The expected outputs.
        record: How the expected outputs were computed.
        current: Versions of this interpreter's libraries.
    """
    outputs = list(outputs)
    return [
        *_edited_lock(outputs, record.file_hashes),
        *_data(outputs[0].stage, config, lock),
        *_libraries(record, current),
    ] or [_machine(config)]


def _edited_lock(outputs: list[ChangedOutput], hashes: Mapping[str, str]) -> Iterator[str]:
    unchanged = [output.path for output in outputs if output.actual and hashes.get(output.path) == output.actual]
    if unchanged:
        yield f"{LOCK}: the project's {unchanged[0]} is what came out now; {LOCK} was edited or merged, or is older"


def _data(first: str, config: Config, lock: DvcLock) -> Iterator[str]:
    source = config.dataset.source
    if not isinstance(source, FilePlaces) or any(path in lock.producers for path in lock.deps[first]):
        return
    if source.sha256 is None or (source.mirror and source.mirror.sha256 is None):
        file = f"{paths.DATASETS}/{config.dataset_name}.yaml"
        yield f"data: the table may have changed at its source: {file} has no sha256 to check it"


def _libraries(record: BuildRecord, current: Versions) -> Iterator[str]:
    changed = [name for name, exact in current.items() if record.versions.get(name, exact) != exact]
    if changed:
        changes = ", ".join(
            f"{name} {record.versions[name]} when the results were made, {current[name]} now" for name in changed
        )
        if all(record.pins.get(name) == record.versions[name] for name in changed):
            remedy = f"`make -B setup` installs them again, as {REQUIREMENTS} pins them"
        elif all(record.pins.get(name) == current[name] for name in changed):
            remedy = f"{REQUIREMENTS} was changed since: run `dvc repro` and commit its outputs"
        else:
            remedy = "install those, or run `dvc repro` and commit its outputs"
        yield f"library versions: {changes}; {remedy}"


def _machine(config: Config) -> str:
    from numpy import show_config

    architecture = platform.machine()
    if architecture not in ("x86_64", "AMD64"):
        return f"processor: this machine is {architecture}; the same bytes are promised for x86-64"
    if config.booster.device != "cpu":
        return f"graphics processor: booster.device is {config.booster.device}, and another device may round otherwise"
    simd = ", ".join(show_config(mode="dicts")["SIMD Extensions"].get("found", [])) or "no extensions"
    system = f"{platform.system()} {' '.join(platform.libc_ver())}".strip()
    return (
        "processor or system, as data and library versions are the same; here:"
        f" {_processor()}, {system}, Python {platform.python_version()}, numpy with {simd}"
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return f"{platform.machine()} {match[1].strip()}" if match else platform.machine()
