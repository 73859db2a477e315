"""Names of columns that the pipeline and XGBoost take."""

import re
from collections.abc import Iterable

from lockstep.guards.text.messages import brief
from lockstep.project.settings import RESERVED

# XGBoost refuses these signs in names of features.
INSTEAD = str.maketrans({"[": "(", "]": ")", "<": "_below_"})


def clean_names(columns: Iterable[str]) -> dict[str, str]:
    """Another name for each column whose own cannot stay: empty, reserved, or with a sign XGBoost refuses."""
    columns = list(columns)
    taken, renamed = set(columns), dict[str, str]()
    for name in columns:
        better = name.translate(INSTEAD)
        better = re.sub(r"\s+", " ", brief(better)).strip()
        if better == name and name not in RESERVED and name:
            continue
        better = better or "unnamed"
        better = f"{better}_column" if better in RESERVED else better
        renamed[name] = _free(better, taken)
        taken.add(renamed[name])
    return renamed


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
