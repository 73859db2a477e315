"""What a person sees while a search runs and when a run ends: on a real terminal, and where there is none."""

import fcntl
import os
import re
import struct
import sys
import termios
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lockstep.report.standing import standing
from lockstep.report.terminal_summary import summary
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.progress import Progress
from lockstep.search.report import best_params, outcome
from lockstep.search.tune_blocks import NoPruning
from lockstep.terminal import LONG_ROWS, Paint, step_printer
from tests.unit.modelling import CLASSES, NUMBER
from tests.unit.searching import SUMMARIES, AtOnce, plan_of, stand_in
from tests.unit.test_judging import _found

pytestmark = pytest.mark.slow

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A pseudo-terminal and what was written to it."""

    def __init__(self, columns: int) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
        self.stream = open(slave, "w", encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115 - a number, closed below
        os.set_blocking(self._master, False)

    def written(self) -> str:
        parts = []
        try:
            while part := os.read(self._master, 65536):
                parts.append(part)
        except BlockingIOError:
            pass
        return b"".join(parts).decode()

    def close(self) -> None:
        self.stream.close()
        os.close(self._master)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal's usual environment."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.fixture(params=[100, 0], ids=["100 columns", "unknown size"])
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    terminal = Terminal(request.param)
    yield terminal
    terminal.close()


def _searched(n_trials: int = 25) -> None:
    plan = plan_of(NoPruning(), n_trials=n_trials)
    with Progress(plan, SUMMARIES) as progress:
        search(plan, SUMMARIES, stand_in, AtOnce(), NoLog(), [progress])


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal_tune_shows_a_bar_that_goes_when_the_search_ends(
    no_color: str, terminal: Terminal, plain: pytest.MonkeyPatch
) -> None:
    plain.setenv("NO_COLOR", no_color)
    plain.setattr(sys, "stderr", terminal.stream)
    _searched()
    written = terminal.written()
    frames = [frame for frame in re.split(r"[\r\n]+", written) if frame.strip()]
    assert re.fullmatch(r"tune:   0%\|.*\| 0/25 trials, best none yet, 0 pruned, 0 failed, \? left", frames[0])
    assert COLOUR.findall(written) == []
    # Everything happens in one line, which is empty in the end.
    assert "\n" not in written
    assert written.endswith("\r")


@pytest.mark.parametrize("dumb", [False, True])
def test_without_a_terminal_tune_writes_about_ten_plain_lines(
    dumb: bool, plain: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(100)
    if dumb:
        plain.setenv("TERM", "dumb")
        plain.setattr(sys, "stderr", terminal.stream)
    for n_trials in (3, 10, 19, 25, 60):
        _searched(n_trials)
        written = terminal.written().replace("\r\n", "\n") if dumb else capsys.readouterr().err
        assert [sign for sign in written if not sign.isprintable() and sign != "\n"] == []
        lines = written.splitlines()
        assert 3 <= len(lines) <= 10
        assert all(re.search(r", (\d+:\d\d|\?) left$", line) for line in lines[:-1])
        assert re.fullmatch(rf"tune: {n_trials}/{n_trials} trials, best [\d.]+, 0 pruned, 0 failed", lines[-1])
    terminal.close()


def test_a_search_that_ends_early_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(NoPruning(), n_trials=40, patience=4)
    with Progress(plan, SUMMARIES) as progress:
        results = search(plan, SUMMARIES, stand_in, AtOnce(), NoLog(), [progress])
        progress.ended("the reason")
    *lines, last = capsys.readouterr().err.splitlines()
    assert all(", at most " in line or ", ? left" in line for line in lines)
    assert re.fullmatch(rf"tune: {len(results)}/40 trials, best [\d.]+, 0 pruned, 0 failed; ended: the reason", last)
    assert outcome(results, best_params(results, plan), plan.fitting, "the reason").endswith(
        "; ended early: the reason"
    )


@pytest.mark.parametrize("n_classes", [0, 2])
def test_the_closing_table_is_aligned_and_looks_change_no_character_of_it(n_classes: int) -> None:
    found = _found(n_classes)
    fitting = CLASSES.get(n_classes, NUMBER)
    plain, painted = (summary(found, fitting, 0.9, Paint(on)) for on in (False, True))
    assert not ESCAPE.search(plain)
    assert ESCAPE.search(painted)
    assert ESCAPE.sub("", painted) == plain
    head, columns, *rows, last = plain.splitlines()
    metric, second = ("log loss", "accuracy") if n_classes else ("RMSE", "R2")
    assert re.match(
        rf"evaluate: test {metric} [\d.e-]+ \(90%: [\d.e-]+ to [\d.e-]+\), {second} [\d.]+, gates: (pass|fail);"
        rf" the model is {standing(found.baselines)}$",
        head,
    )
    assert columns.endswith("  this model is better by (90%)")
    assert len(rows) == len(found.baselines)
    end = columns.index(metric) + len(metric)
    assert [row[end - 1].isdigit() and row[end : end + 2].strip() == "" for row in rows] == [True] * len(rows)
    names = {re.split(r" {2,}", row.strip())[0] for row in rows}
    assert {"this model", "class shares" if n_classes else "mean", "untuned XGBoost"} <= names
    assert last == "  see reports/index.html; `dvc metrics diff`; `lockstep compare HEAD`"


def test_large_scores_are_read_without_an_exponent() -> None:
    found = _found()
    table = found.baselines.assign(
        score=77386.94, lead=20813.6, lead_low=11840.4, lead_high=1234567.8, verdict="better"
    )
    ends = {"score_low": 64574.3, "score_high": 96122.2}
    large = replace(found, baselines=table, gap=found.gap | {"test": 77386.94}, uncertainty=found.uncertainty | ends)
    text = summary(large, NUMBER, 0.9, Paint(False))
    assert "test RMSE 77386.9 (90%: 64570 to 96120)" in text
    assert "77386.9  20810 (11840 to 1235000): better" in text


def test_only_a_certain_lead_is_painted() -> None:
    found = _found()
    table = found.baselines.assign(lead=1.0, lead_high=3.0)
    certain = table["model"] == "mean"
    table["verdict"] = np.where(certain, "better", "not shown")
    table["lead_low"] = np.where(certain, 0.5, -1.0)
    passed = {"gates": [], "gates_overall": "pass"}
    text = summary(replace(found, baselines=table, gates=passed), NUMBER, 0.9, Paint(True))
    assert re.findall(r"\x1b\[32m(.*?)\x1b", text) == ["pass", "1 (0.5 to 3): better"]


def test_colour_is_for_terminals_whose_person_did_not_refuse_it(plain: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = Terminal(80)
    assert Paint.of(terminal.stream).on
    with (tmp_path / "log").open("w") as file:
        assert not Paint.of(file).on
    plain.setenv("NO_COLOR", "1")
    assert not Paint.of(terminal.stream).on
    plain.delenv("NO_COLOR")
    plain.setenv("TERM", "dumb")
    assert not Paint.of(terminal.stream).on
    terminal.close()


def test_a_stage_over_many_rows_tells_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    step_printer("evaluate", LONG_ROWS - 1)("SHAP values")
    step_printer("train_best", LONG_ROWS)("5 model(s) of 80 rounds")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "train_best: 5 model(s) of 80 rounds\n")
