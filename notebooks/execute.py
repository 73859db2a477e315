"""Run analysis.ipynb from start to end and write it back: the same result gives the same bytes.

    python notebooks/execute.py [TARGET]

TARGET is the file to write, analysis.ipynb itself if none is named.
"""

import base64
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE / "analysis.ipynb"
# Says nothing of the Python that ran it.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PNG_SIGNATURE, PNG_TEXTS = 8, (b"tEXt", b"iTXt", b"zTXt", b"tIME")


def executed(source: Path) -> nbformat.NotebookNode:
    """A notebook run by this interpreter in the notebook's folder, without what differs between two runs.

    Args:
        source: The notebook; it stays as it is.

    Raises:
        CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(source, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # No kernel that someone installed under this name: ipykernel's own, which is this interpreter.
        specs = KernelSpecManager(kernel_dirs=[])
        # Sockets in a folder of ours: no port that others can reach.
        kernel = AsyncKernelManager(kernel_spec_manager=specs, transport="ipc", ip=str(Path(folder) / "kernel"))
        resources = {"metadata": {"path": str(source.resolve().parent)}}
        client = NotebookClient(notebook, kernel, resources=resources, coalesce_streams=True, record_timing=False)
        client.execute(cleanup_kc=True, env=environment(Path(folder)))
    return normalised(notebook)


def environment(empty: Path) -> dict[str, str]:
    """This process's, with this repository's lockstep first, and without anyone's settings of IPython and matplotlib.

    Args:
        empty: A folder for what IPython writes.
    """
    kept = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    places = [str(HERE.parent), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(places),
        "IPYTHONDIR": str(empty),
        "MATPLOTLIBRC": str(Path(matplotlib.get_data_path()) / "matplotlibrc"),
    }


def normalised(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without times, versions and picture sizes."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", []):
            _normalise(output)
    return notebook


def _normalise(output: Any) -> None:
    if "metadata" in output:
        output.metadata = nbformat.from_dict({})
    if "image/png" in output.get("data", {}):
        picture = without_texts(base64.b64decode(output.data["image/png"]))
        output.data["image/png"] = base64.b64encode(picture).decode("ascii")


def without_texts(png: bytes) -> bytes:
    """A PNG file without its text chunks, where matplotlib leaves its version."""
    kept, start = [png[:PNG_SIGNATURE]], PNG_SIGNATURE
    while start < len(png):
        # length of the data, name, data, checksum
        end = start + 12 + int.from_bytes(png[start : start + 4], "big")
        if png[start + 4 : start + 8] not in PNG_TEXTS:
            kept.append(png[start:end])
        start = end
    return b"".join(kept)


def main() -> int:
    """Execute and write; returns the exit code."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK
    try:
        notebook = executed(NOTEBOOK)
    except CellExecutionError as error:
        print(f"notebook: {NOTEBOOK.name}: {error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    part = target.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(target)
    print(f"notebook: {target.name}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells executed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
