"""What must never appear in the code, the lock file, the container or the commands we print."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT

CODE = sorted([*(ROOT / "lockstep").rglob("*.py"), *(ROOT / "stages").rglob("*.py")])
PAGES = sorted((ROOT / "docs").glob("*.md"))
# What unpickles, evaluates text or asks a shell: whole modules, names in any module or of any object, full names.
MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
ATTRIBUTES = {"read_pickle", "to_pickle", "eval", "getoutput", "getstatusoutput", "popen", "create_subprocess_shell"}
ATTRIBUTES |= {f"{kind}_{call}" for kind in ("unsafe", "full") for call in ("load", "load_all")} | {"*"}
BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint"}
NAMES = {
    "os.system",
    *(f"yaml.{name}" for name in ("load", "load_all", "Loader", "CLoader", "UnsafeLoader", "FullLoader")),
}
# False, and nothing else, is what these options may be.
OPTIONS = {"shell", "allow_pickle"}


def _forbidden(code: str) -> list[str]:
    """What must not stand in a file, by the names under which it is imported and used there."""
    tree = ast.parse(code)
    known = dict(pair for node in ast.walk(tree) for pair in _imported(node))
    return [name for node in ast.walk(tree) for name in _named(node, known) if _is_forbidden(name)]


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import gives, with what they stand for."""
    if isinstance(node, ast.Import):
        for each in node.names:
            yield (each.asname, each.name) if each.asname else (each.name.partition(".")[0],) * 2
    if isinstance(node, ast.ImportFrom):
        for each in node.names:
            yield each.asname or each.name, f"{node.module or ''}.{each.name}"


def _named(node: ast.AST, known: Mapping[str, str]) -> Iterator[str]:
    """Full names of what a node imports or uses, and OPTION=VALUE of the options that matter."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module or ''}.{each.name}" for each in node.names)
    elif isinstance(node, ast.Attribute | ast.Name):
        yield _full(node, known)
    elif isinstance(node, ast.keyword) and node.arg in OPTIONS:
        yield f"{node.arg}={ast.unparse(node.value)}"


def _full(node: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, known)}.{node.attr}"
    return known.get(node.id, f"builtins.{node.id}") if isinstance(node, ast.Name) else ""


def _is_forbidden(name: str) -> bool:
    if "=" in name:
        return not name.endswith("=False")
    first, last = name.partition(".")[0], name.rpartition(".")[2]
    builtin = name.removeprefix("builtins.")
    return first in MODULES or last in ATTRIBUTES or name in NAMES or (builtin != name and builtin in BUILTINS)


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_code_neither_unpickles_nor_evaluates_nor_asks_a_shell(file: Path) -> None:
    assert _forbidden(file.read_text(encoding="utf-8")) == []


FORBIDDEN = """
import pickle
import pickle as p
from pickle import loads
import os, joblib
import concurrent.futures, cloudpickle.cloudpickle
from pandas import read_pickle
import pandas as pd; pd.read_pickle("x")
frame.to_pickle("x")
from yaml import load
from yaml import load as read
import yaml; yaml.load(text, Loader=yaml.SafeLoader)
import yaml as y; y.unsafe_load(text)
from yaml import full_load_all
import yaml; kind = yaml.UnsafeLoader
import subprocess; subprocess.getoutput("ls")
from subprocess import getstatusoutput as said
import subprocess; call = subprocess.getoutput
import subprocess; subprocess.run("ls", shell=True)
subprocess.run("ls", shell=anything)
import numpy as np; np.load("x", allow_pickle=True)
import os; os.system("ls")
from os import system
import os as o; o.popen("ls")
from os import *
import asyncio; asyncio.create_subprocess_shell("ls")
eval("1")
call = exec
import builtins; builtins.eval("1")
from builtins import compile
__import__("os")
frame.eval("a + b")
"""
ALLOWED = """
import yaml; yaml.safe_load(text)
from yaml import SafeLoader
import re; re.compile("x")
import subprocess; subprocess.run(["ls"], shell=False)
import numpy as np; np.load("x", allow_pickle=False)
self.load(); model.load(folder); evaluate(frame)
import os; os.execv(program, arguments)
"""


@pytest.mark.parametrize("code", FORBIDDEN.strip().splitlines())
def test_every_way_to_unpickle_evaluate_or_ask_a_shell_is_found(code: str) -> None:
    assert _forbidden(code)


@pytest.mark.parametrize("code", ALLOWED.strip().splitlines())
def test_other_code_is_not_taken_for_it(code: str) -> None:
    assert _forbidden(code) == []


def test_every_dependency_is_pinned_by_version_and_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert len(packages) > 100
    for line in packages:
        assert re.match(r"[a-z0-9_.-]+(\[[a-z,]+\])?==[^ ;]+ ", line), line[:80]
        assert " --hash=sha256:" in line
    for used in ("Makefile", "Dockerfile"):
        assert "--require-hashes" in (ROOT / used).read_text(encoding="utf-8")


def test_the_container_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")


# A server's command: what it must be told, or where it listens on loopback by itself what it must not be told.
LOOPBACK = r"(127\.0\.0\.1|localhost)"
NEEDED = {
    r"mlflow (ui|server|models serve)": [rf"--host[ =]{LOOPBACK}( |$)"],
    # the address of a private network; the dashboard listens where it is told alone
    r"dask[ -](scheduler|worker)": [r"--host[ =](?!0\.0\.0\.0)\w", rf"--dashboard-address[ =]{LOOPBACK}:\d"],
    r"([\w.]+/)*python[\d.]* -m http\.server": [rf"--bind[ =]{LOOPBACK}( |$)"],
    r"(uvicorn|gunicorn|flask|waitress-serve)": [LOOPBACK],
    r"(postgres|pg_ctl|initdb|minio|moto_server)": [LOOPBACK],
}
REFUSED = {
    r"optuna-dashboard": [rf"--host[ =](?!{LOOPBACK})"],
    r"jupyter[ -](lab|notebook|server)": [rf"--ip[ =](?!{LOOPBACK})"],
    r"tensorboard": [r"--bind_all", rf"--host[ =](?!{LOOPBACK})"],
    r"(docker|podman) run": [rf"(-p|--publish)[ =](?!{LOOPBACK}:)", r"--net(work)?[ =]host"],
}
ANY_ADDRESS = r"0\.0\.0\.0|\[::\]"


def _commands(page: str) -> list[str]:
    """Each line, and what stands in backquotes within one, without prompt, `VARIABLE=...` and comment."""
    lines = page.replace("\\\n", " ").splitlines()
    written = [*lines, *(part for line in lines for part in re.findall(r"`([^`]+)`", line))]
    return [re.sub(r"^[\s$>@*-]*(\w+=\S* )*(exec |nohup |pipx run )?", "", line).partition(" #")[0] for line in written]


def _is_exposed(command: str) -> bool:
    """Whether it starts a server that others can reach; a program named without arguments is no command."""
    for program, options in NEEDED.items():
        if re.match(rf"{program} \S", command) and not all(re.search(option, command) for option in options):
            return True
    for program, options in REFUSED.items():
        if re.match(rf"{program} ", command) and any(re.search(rf" {option}", command) for option in options):
            return True
    return re.search(ANY_ADDRESS, command) is not None


@pytest.mark.parametrize("file", ["README.md", "Makefile", *(f"docs/{page.name}" for page in PAGES)])
def test_servers_in_our_commands_listen_on_loopback_alone(file: str) -> None:
    assert [line for line in _commands((ROOT / file).read_text(encoding="utf-8")) if _is_exposed(line)] == []


def test_servers_are_found_in_our_pages() -> None:
    pages = "\n".join(
        (ROOT / file).read_text(encoding="utf-8") for file in ["README.md", *(f"docs/{each.name}" for each in PAGES)]
    )
    commands = _commands(pages)
    for program in (
        r"mlflow ui",
        r"mlflow server",
        r"mlflow models serve",
        r"dask scheduler",
        r"dask worker",
        "optuna-dashboard",
    ):
        assert [line for line in commands if re.match(rf"{program} \S", line)], program


EXPOSED = """
$ mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db
$ mlflow server --host 0.0.0.0 --port 5000
    mlflow models serve -m models:/a@champion
$ MLFLOW_TRACKING_URI=x mlflow server --host 10.0.0.1
text with `mlflow ui --port 5000` inside
$ dask scheduler --port 8786   # on one machine
$ dask scheduler --host 10.0.0.1 --port 8786
$ dask scheduler --host 0.0.0.0 --dashboard-address 127.0.0.1:8787
$ dask worker tcp://HOST:8786 --nthreads 1
$ dask worker tcp://HOST:8786 --host 10.0.0.2 --dashboard-address :0
$ python -m http.server 8000
$ .venv/bin/python3 -m http.server --bind 10.0.0.1
$ optuna-dashboard sqlite:///a.db --host 10.0.0.1
$ jupyter lab --ip 10.0.0.1
$ tensorboard --logdir x --bind_all
$ docker run -p 5000:5000 lockstep
$ docker run --rm --network host lockstep
$ postgres -D data
$ anything --listen [::]:80
"""
HIDDEN = """
$ mlflow ui --host 127.0.0.1
$ mlflow server --host=127.0.0.1 --port 5000
14 ms through `mlflow models serve`, see `mlflow ui`
$ dask worker tcp://ADDRESS:8786 --host ADDRESS --dashboard-address 127.0.0.1:0
$ python -m http.server --bind 127.0.0.1
$ optuna-dashboard sqlite:///a.db
$ docker run -p 127.0.0.1:5000:5000 -v "$(pwd)/outputs:/app/outputs" lockstep
$ docker run --rm lockstep
"""


@pytest.mark.parametrize("line", EXPOSED.strip().splitlines())
def test_a_server_that_others_reach_is_found(line: str) -> None:
    assert any(map(_is_exposed, _commands(line)))


@pytest.mark.parametrize("line", HIDDEN.strip().splitlines())
def test_a_server_that_nobody_reaches_is_not_taken_for_one(line: str) -> None:
    assert not any(map(_is_exposed, _commands(line)))


def _letters() -> dict[str, str]:
    """Each test's letter on the reliability page: of `make nightly` N, of `make test-all` alone L, else none."""
    letters = {}
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = {ast.unparse(each).partition("(")[0].rpartition(".")[2].lower() for each in node.decorator_list}
                letters[node.name] = "N" if "nightly" in marks else "L" if "long" in marks else ""
    return letters


def test_every_row_of_the_reliability_page_names_a_test_that_is_there_and_when_it_runs() -> None:
    rows = [line for line in (ROOT / "docs/reliability.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    rows = [row for row in rows if not row.startswith(("| case", "|---"))]
    letters = _letters()
    for row in rows:
        named = re.findall(r"\b(test_\w+)(?: \(([NL])\))?", row)
        assert named, row
        # A test without a mark of its own may have a letter, for the cases of it that the row is about.
        assert [name for name, letter in named if letters.get(name) not in ("", letter)] == [], row
