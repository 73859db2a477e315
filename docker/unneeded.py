"""Print the installed packages that a run does not need: those for development, and NVIDIA's for several GPUs."""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# XGBoost names it, and loads it only to train on several GPUs.
NEVER = {"nvidia-nccl-cu12"}
EXTRAS = ("cluster", "ssh")


def needed(roots: list[str]) -> set[str]:
    """The packages behind some requirements, and behind theirs."""
    found, waiting = set[tuple[str, str]](), [(Requirement(root), "") for root in roots]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in found:
                found.add((name, wanted))
                waiting += [(Requirement(each), wanted) for each in requirements_of(name)]
    return {name for name, _ in found}


def requirements_of(name: str) -> list[str]:
    """What an installed package requires; nothing where a marker has left it out."""
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - a script of a few lines
        project = tomllib.load(file)
    described = project["project"]
    roots = [*described["dependencies"], *project["build-system"]["requires"], "pip"]
    for extra in EXTRAS:
        roots += described["optional-dependencies"][extra]
    installed = {canonicalize_name(each.metadata["Name"]) for each in distributions()}
    print(*sorted(installed - needed(roots) | NEVER & installed))
