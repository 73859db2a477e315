"""requirements.lock: pinned, hashed, one version per package, and free of any index."""

import re

from packaging.requirements import Requirement

from tests.conftest import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRIES = [Requirement(entry.rstrip(" \\")) for entry in re.findall(r"^[A-Za-z0-9].*$", LOCK, re.MULTILINE)]


def test_every_package_has_one_exact_version_with_hashes() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(ENTRIES) > 100
    assert len(set(names)) == len(names)
    assert all(str(entry.specifier).startswith("==") for entry in ENTRIES)
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_no_index_and_no_file_is_named() -> None:
    assert "://" not in LOCK
    assert "file:" not in LOCK
    assert not (ROOT / "uv.lock").exists()
    assert not (ROOT / "pylock.toml").exists()


def test_the_lock_satisfies_pyproject() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {entry.name: str(entry.specifier).removeprefix("==") for entry in ENTRIES}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement
