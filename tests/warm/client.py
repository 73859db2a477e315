"""Run by `python3` and `lockstep` of tests/warm: ask for a warm process; start an ordinary one where there is none."""

import json
import os
import resource
import signal
import socket
import struct
import sys

# What a library may read when it is imported.
READ_AT_START = (
    *("ARROW_", "GLIBC_", "GOTO_", "LANG", "LC_", "LD_", "MALLOC", "MKL_", "MPL", "NPY_", "NUMEXPR", "OMP_"),
    *("OPENBLAS", "PYTHON", "SSL_", "TZ", "XGB"),
)
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1)


def inherited() -> list[object]:
    """What the process behind the launcher must have in common with its caller, ready for JSON."""
    status = open("/proc/self/status").read()  # noqa: PTH123, SIM115
    limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    spaces = sorted(os.listdir("/proc/self/ns"))  # noqa: PTH208
    return [
        {key: value for key, value in sorted(os.environ.items()) if key.startswith(READ_AT_START)},
        [line for line in status.splitlines() if line.startswith(("Umask:", "Uid:", "Gid:", "Cpus_allowed:"))],
        [signal.getsignal(each) is signal.SIG_IGN for each in FORWARDED],
        [list(resource.getrlimit(getattr(resource, name))) for name in limits],
        [os.readlink(f"/proc/self/ns/{name}") for name in spaces],  # noqa: PTH115
        os.nice(0),
    ]


def main() -> None:
    place, program, *arguments = sys.argv[1:]
    asked = json.dumps(
        {
            "program": program,
            "arguments": arguments,
            "folder": os.getcwd(),  # noqa: PTH109
            "environment": dict(os.environ),
            "inherited": inherited(),
        }
    ).encode()
    server = socket.socket(socket.AF_UNIX)
    try:
        if program == "python3" and arguments[:1] != ["-m"]:
            raise ConnectionError
        server.connect(place)
        socket.send_fds(server, [struct.pack("<I", len(asked))], [0, 1, 2])
        server.sendall(asked)
        taken = server.recv(1) == b"y"
    except ConnectionError:
        taken = False
    if not taken:
        script = [] if program == "python3" else [os.path.join(os.path.dirname(sys.executable), program)]  # noqa: PTH118, PTH120
        os.execv(sys.executable, [sys.executable, *script, *arguments])  # noqa: S606
    for each in FORWARDED:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, lambda number, _: server.sendall(bytes([number])))
    answer = server.recv(4)
    code = struct.unpack("<i", answer)[0] if len(answer) == 4 else 1
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
