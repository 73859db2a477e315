"""A PostgreSQL server on loopback for the tests, in a folder of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.mlflow_server import free_port, set_up_store

# Debian keeps them off the PATH.
DEBIAN = Path("/usr/lib/postgresql")


class Postgres:
    """A running cluster whose databases hold MLflow's tables; use it as a context manager."""

    def __init__(self, programs: Path, account: str) -> None:
        self.port = free_port()
        self._programs = programs
        self._account = account
        self._made = 0

    def __enter__(self) -> "Postgres":
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        shutil.chown(self.folder, self._account)
        try:
            self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync")
            options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories= -c fsync=off"
            self._run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")
        shutil.rmtree(self.folder)

    def new_store(self) -> str:
        """URI of a new database with MLflow's empty tables.

        PostgreSQL makes every database as a copy of template1, so the tables are set up once.
        """
        from pg8000.native import Connection

        if not self._made:
            set_up_store(self._uri("template1"))
        self._made += 1
        name = f"store_{self._made}"
        with Connection("postgres", host="127.0.0.1", port=self.port, database="postgres") as connection:
            connection.run(f"CREATE DATABASE {name}")
        return self._uri(name)

    def _uri(self, name: str) -> str:
        return f"postgresql+pg8000://postgres@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs under an account it accepts: it refuses root."""
        root = os.geteuid() == 0
        done = subprocess.run(
            [self._programs / program, "--pgdata", str(self.folder / "data"), *arguments],
            cwd=self.folder,
            user=self._account if root else None,
            group=pwd.getpwnam(self._account).pw_gid if root else None,
            extra_groups=[] if root else None,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def postgres_or_skip() -> Postgres:
    """A cluster to be started; the test is skipped with the reason where that cannot be."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else sorted(DEBIAN.glob("*/bin"))
    if not found:
        pytest.skip("PostgreSQL's server programs (initdb, pg_ctl) are not installed")
    return Postgres(found[-1], _account())


def _account() -> str:
    """This account, or one that is not root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        if any(entry.pw_name == name for entry in pwd.getpwall()):
            return name
    pytest.skip("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`")
