"""Wall time, CPU time and peak memory of a command with everything it starts."""

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.tables import environment

EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Measured:
    """What a command cost.

    Attributes:
        wall: Seconds from start to end.
        cpu: CPU seconds of the process and all its descendants.
        peak_mib: Largest sum of their proportional set sizes (pages that processes share count once), in MiB.
        process_mib: Largest resident set of the process itself, in MiB, as the kernel keeps it.
        started: Seconds since the epoch.
        output: Its standard output.
    """

    wall: float
    cpu: float
    peak_mib: float
    process_mib: float
    started: float
    output: str


class _Watch(threading.Thread):
    """Looks at a process tree four times a second; a worker's last quarter of a second is missed."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._cpu: dict[int, float] = {}
        self.peak = self.process = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY_SECONDS):
            self.peak = max(self.peak, self._look())
            self.process = max(self.process, _resident_peak(self._root.pid))

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values())

    def _look(self) -> float:
        memory = 0.0
        try:
            tree = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return 0.0
        for process in tree:
            try:
                times = process.cpu_times()
                self._cpu[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss / 2**20
            except psutil.Error:
                continue
        return memory


def _resident_peak(pid: int) -> float:
    """MiB; 0 once the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def measure(*command: str, cwd: Path, **env: str) -> Measured:
    """Run a command.

    Raises:
        SystemExit: if it fails, with what it wrote.
    """
    started, clock = time.time(), time.perf_counter()
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=cwd,
        env={**environment(), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watch = _Watch(process.pid)
        watch.start()
        output, errors = process.communicate()
        wall = time.perf_counter() - clock
        watch.ended.set()
        watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output}\n{errors}")
    return Measured(wall, watch.cpu, watch.peak, watch.process, started, output)
