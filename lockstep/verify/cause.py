"""Why an output may differ: what is known of how the results were made, against what is here now."""

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lockstep.check.config import Config
from lockstep.errors import VerifyError
from lockstep.fetch.source_block import FileSource
from lockstep.project import paths
from lockstep.results.dvc_lock import LOCK, DvcLock, md5_of
from lockstep.storage.tables import read_json
from lockstep.verify.against_lock import ChangedOutput
from lockstep.verify.clean_copy import git
from lockstep.workers.identity import LIBRARIES

REQUIREMENTS = "requirements.lock"
# Whose code stands behind the bytes of an output; those that tune records come first.
RESULT_LIBRARIES = (
    *LIBRARIES,
    *("scipy", "joblib", "threadpoolctl", "matplotlib", "pillow", "contourpy", "kiwisolver", "jinja2", "markupsafe"),
    *("pydantic", "pydantic-core", "pyyaml", "python-dateutil", "requests", "pooch"),
)
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
# The page names the libraries that tune recorded, in one paragraph.
ON_PAGE = re.compile(rf"<p>({LIBRARIES[0]} [^<]+)</p>")
Versions = Mapping[str, str]


@dataclass(frozen=True)
class BuildRecord:
    """What is known of how the committed results were made, read before anything runs.

    Args:
        versions: Libraries then: as tune recorded them, else as requirements.lock pinned them in dvc.lock's commit.
        pins: Libraries as requirements.lock pins them now.
        file_hashes: md5 of the outputs that the project's files hold, the reports above all.
    """

    versions: Versions
    pins: Versions
    file_hashes: Mapping[str, str]


def build_record(root: Path, rev: str | None, copy: Path, lock: DvcLock) -> BuildRecord:
    """Gather it from the project, its history and the clean copy."""
    held = {path: md5_of(copy / path) for path in lock.hashes if (copy / path).is_file()}
    pins = _pins((copy / REQUIREMENTS).read_text(encoding="utf-8") if (copy / REQUIREMENTS).exists() else "")
    earlier = _pins(_earlier_requirements(root, rev)) or pins
    return BuildRecord({**earlier, **_recorded(root, copy, lock)}, pins, held)


def _recorded(root: Path, copy: Path, lock: DvcLock) -> Versions:
    """What tune recorded: its own file if this project has it, else the page, which git keeps; {} if neither does."""
    search, page = root / paths.SEARCH, copy / paths.INDEX
    if search.is_file() and md5_of(search) == lock.hashes.get(str(paths.SEARCH)):
        return dict(read_json(search)["settings"]["versions"])
    if page.is_file() and md5_of(page) == lock.hashes.get(str(paths.INDEX)):
        found = ON_PAGE.search(page.read_text(encoding="utf-8"))
        return dict(each.split(" ", 1) for each in found[1].split(", ")) if found else {}
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
    return {name.lower(): pinned for name, pinned in PIN.findall(requirements)}


def installed() -> Versions:
    """Versions of the libraries behind the results, in this interpreter."""
    found = {}
    for name in RESULT_LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def pin_mismatch(pins: Versions, now: Versions) -> str | None:
    """One line if libraries are not the ones that requirements.lock pins."""
    others = [f"{name} {here} (pinned: {pins[name]})" for name, here in now.items() if pins.get(name, here) != here]
    return (
        f"not what {REQUIREMENTS} pins: {', '.join(others)}; `make -B setup` installs what it pins" if others else None
    )


def likely_causes(
    different: Iterable[ChangedOutput], config: Config, lock: DvcLock, then: BuildRecord, now: Versions
) -> list[str]:
    """What may have made the outputs differ, best evidence first: data, libraries, processor and system.

    Args:
        different: Outputs that differ, those of the first stage first.
        config: The settings, among them where the table comes from.
        lock: What should have come out.
        then: How it was made.
        now: Versions of this interpreter's libraries.
    """
    found = list(different)
    return [
        *_edited_lock(found, then.file_hashes),
        *_data(found[0].stage, config, lock),
        *_libraries(then, now),
    ] or [_machine(config)]


def _edited_lock(different: list[ChangedOutput], held: Mapping[str, str]) -> Iterator[str]:
    same = [each.path for each in different if each.now and held.get(each.path) == each.now]
    if same:
        yield f"{LOCK}: {same[0]} as it lies in the project is what came out now; {LOCK} was edited, merged or is older"


def _data(first: str, config: Config, lock: DvcLock) -> Iterator[str]:
    source = config.dataset.source
    if not isinstance(source, FileSource) or any(path in lock.producers for path in lock.deps[first]):
        return
    if source.sha256 is None or (source.mirror and source.mirror.sha256 is None):
        file = f"{paths.DATASETS}/{config.dataset_name}.yaml"
        yield f"data: the table may have changed at its source: {file} gives no sha256 that would tell"


def _libraries(then: BuildRecord, now: Versions) -> Iterator[str]:
    others = [name for name, here in now.items() if then.versions.get(name, here) != here]
    if others:
        told = ", ".join(f"{name} {then.versions[name]} when the results were made, {now[name]} now" for name in others)
        if all(then.pins.get(name) == then.versions[name] for name in others):
            remedy = f"`make -B setup` installs them again, as {REQUIREMENTS} pins them"
        elif all(then.pins.get(name) == now[name] for name in others):
            remedy = f"{REQUIREMENTS} was changed since: run `dvc repro` and commit what it makes"
        else:
            remedy = "install those, or run `dvc repro` and commit what it makes"
        yield f"library versions: {told}; {remedy}"


def _machine(config: Config) -> str:
    from numpy import show_config

    here = platform.machine()
    if here not in ("x86_64", "AMD64"):
        return f"processor: this machine is {here}; the same bytes are promised for x86-64"
    if config.booster.device != "cpu":
        return f"graphics processor: booster.device is {config.booster.device}, and another device may round otherwise"
    simd = ", ".join(show_config(mode="dicts")["SIMD Extensions"].get("found", [])) or "no extensions"
    system = f"{platform.system()} {' '.join(platform.libc_ver())}".strip()
    return (
        "processor or system, as data and library versions are those of then; here:"
        f" {_processor()}, {system}, Python {platform.python_version()}, numpy with {simd}"
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return f"{platform.machine()} {named[1].strip()}" if named else platform.machine()
