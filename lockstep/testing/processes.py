"""A fresh process in which texts have other hashes and numpy computes without this CPU's newer instructions."""

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

from lockstep.errors import one_line
from lockstep.project.custom import is_custom_module
from lockstep.project.kinds import Kind

# What a machine without AVX2 computes with: numpy's and OpenBLAS's plain paths.
OLDER_CPU = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4", "OPENBLAS_CORETYPE": "Prescott"}
HASH_SEEDS = ("1", "2")


def fresh_output(code: str, *arguments: str) -> str:
    """What a Python program prints in a fresh process, which finds the same modules.

    Args:
        code: The program.
        *arguments: Its sys.argv[1:].

    Raises:
        AssertionError: if the program fails.
    """
    own = os.environ.get("PYTHONHASHSEED")
    setting = {"PYTHONHASHSEED": next(seed for seed in HASH_SEEDS if seed != own), "OMP_NUM_THREADS": "3"} | OLDER_CPU
    environment = os.environ | setting | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"fails in a fresh process: {one_line(done.stderr[-500:])}")
    return done.stdout


def class_at(module: str, name: str, kind: Kind[Any]) -> Any:
    """The class that another process means: one of the project's own by the name of its file, else by its module.

    Args:
        module: The name of its module.
        name: The name of the class.
        kind: The kind that it is of.
    """
    if is_custom_module(module):
        return kind[module.rpartition(".")[2]]
    return getattr(import_module(module), name)
