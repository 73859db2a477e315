"""Make the pictures of the README and docs from real runs: docs/pictures/*.png.

    pip install pyte vl-convert-python nbconvert     # or uv pip install; only the pictures need them
    python docs/pictures.py

Works in a clone beside the repository's own cache; needs Chromium and a committed, finished result.
"""

import fcntl
import html
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Literal

import nbconvert
import pyte
import vl_convert
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
COLOURS = 128
COLUMNS, LINES = 112, 34
TONES = {"green": "#58c98a", "red": "#ff8a7a"}


def main() -> None:
    """Make all of them."""
    browsers = [found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        clone = _clone(folder / "lockstep")
        browser = playwright.chromium.launch(executable_path=browsers[0], args=["--no-sandbox"])
        _shot(browser, ROOT / "reports/index.html", "page", (1100, 1080))
        _shot(browser, ROOT / "reports/index.html", "page_phone", (390, 844), scheme="dark")
        _shot(browser, _terminal(clone, folder), "terminal", (980, 390), scheme="dark")
        _run(clone, "dvc", "exp", "run", "-n", "one-model", "-S", "train_best.n_models=1")
        _run(clone, "lockstep", "compare", "HEAD", "--html", str(folder / "comparison.html"))
        _shot(browser, folder / "comparison.html", "comparison", (1100, 1180))
        _shot(browser, _plots(clone), "plots", (1240, 1000))
        _shot(browser, _notebook(folder), "notebook", (980, 1300), below="h2:has-text('The search')")
        browser.close()


def _clone(folder: Path) -> Path:
    _run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    _run(folder, "dvc", "config", "--local", "cache.dir", str(ROOT / ".dvc/cache"))
    _run(folder, "dvc", "checkout", "--quiet")
    return folder


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, env=_environment(), check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "TERM": "xterm"}


def _shot(
    browser: Browser,
    file: Path,
    name: str,
    size: tuple[int, int],
    *,
    scheme: Literal["light", "dark"] = "light",
    below: str | None = None,
) -> None:
    """The first screen of a page, or the one from an element on, in few colours."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_timeout(1000)
    if below:
        page.locator(below).first.evaluate("element => element.scrollIntoView()")
    target = PICTURES / f"{name}.png"
    page.screenshot(path=target)
    Image.open(target).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    context.close()


def _terminal(clone: Path, folder: Path) -> Path:
    """Two moments of `dvc repro`: in the middle of tune, and the end."""
    middle, end = _screens(clone, "dvc", "repro", "--force")
    file = folder / "terminal.html"
    style = "background:#14181d;color:#d8dee6;font:14px/1.35 monospace;margin:14px;white-space:pre"
    file.write_text(f'<meta charset="utf-8"><body style="{style}">{middle}\n\n{end}</body>', encoding="utf-8")
    return file


def _screens(clone: Path, *command: str) -> tuple[str, str]:
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(command, cwd=clone, env=_environment(), stdout=theirs, stderr=theirs, close_fds=True)  # noqa: S603
    os.close(theirs)
    middle = ""
    while True:
        try:
            stream.feed(os.read(ours, 4096))
        except OSError:  # the other end is closed
            break
        if not middle and re.search(r"tune: +[4-6]\d%", "\n".join(screen.display)):
            middle = _shown(screen, "Running stage 'tune'")
    process.wait()
    return middle, _shown(screen, "Running stage 'train_best'")


def _shown(screen: pyte.Screen, start: str) -> str:
    """The screen from the last line on that begins with `start`, up to the end of evaluate's table."""
    rows = [number for number, text in enumerate(screen.display) if text.startswith(start)]
    found = []
    for number in range(rows[-1] if rows else 0, LINES):
        row = screen.buffer[number]
        found.append("".join(_cell(row[column]) for column in range(COLUMNS)).rstrip())
        if "see reports/index.html" in screen.display[number]:
            break
    return "\n".join(found).rstrip()


def _cell(cell: pyte.screens.Char) -> str:
    text = html.escape(cell.data)
    if not cell.bold and cell.fg not in TONES:
        return text
    return f'<span style="color:{TONES.get(cell.fg, "inherit")};font-weight:{700 if cell.bold else 400}">{text}</span>'


def _plots(clone: Path) -> Path:
    """What docs/plots.md says of pages without network."""
    scripts = vl_convert.javascript_bundle().replace("</script", r"<\/script")
    page = f'<!DOCTYPE html><meta charset="utf-8"><title>Plots</title><script>{scripts}</script>{{plot_divs}}'
    (clone / ".dvc/tmp/offline.html").write_text(page, encoding="utf-8")
    _run(clone, "dvc", "config", "--local", "plots.html_template", "tmp/offline.html")
    _run(clone, "dvc", "plots", "diff", "HEAD", "one-model")
    return clone / "dvc_plots/index.html"


def _notebook(folder: Path) -> Path:
    exporter = nbconvert.HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True)
    text, _ = exporter.from_filename(str(ROOT / "notebooks/analysis.ipynb"))
    # Its formulas and icons would come from the network.
    text = re.sub(r"<script[^>]*src=[^>]*></script>", "", text)
    file = folder / "notebook.html"
    file.write_text(text, encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
