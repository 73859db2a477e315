"""What either result cost to find and costs to use, and what the dearer search gained."""

from lockstep.compare.document import Block, Section, Table, text
from lockstep.compare.numbers import change, milliseconds, number, relative, seconds
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.compare.timing import ROWS, InferenceTime
from lockstep.report.templates import UNKNOWN
from lockstep.results.result import byte_size

Times = tuple[InferenceTime, InferenceTime]
COUNTS = {"fold_fits": "fold fits", "boosting_rounds": "boosting rounds"}


def section(pair: Pair, times: Times | None, *, with_times: bool) -> Section:
    """Counts, times and sizes.

    Args:
        pair: Both results.
        times: Inference, where it could be measured.
        with_times: Whether anything that a clock said is shown.
    """
    rows = [_row("trials", *(len(side.result.trials) for side in pair))]
    rows += [_row(name, *(int(side.result.cost[key]) for side in pair)) for key, name in COUNTS.items()]
    if with_times:
        rows += [_timed("search, wall time †", *_walls(pair)), _timed("search, CPU time †", *_cpus(pair))]
    a, b = (side.result.model_bytes for side in pair)
    rows.append(("model size", byte_size(a), byte_size(b), relative(a, b)))
    rows.append(_row("trees", *(side.result.n_trees for side in pair)))
    rows.append(_row("features", *(len(side.features) for side in pair)))
    if with_times:
        rows += _inference(times)
    blocks: list[Block] = [Table("Cost", ("cost", "A", "B", "change"), tuple(rows))]
    if with_times:
        blocks.append(text(_about_times(pair, times)))
    return Section("Cost and gain", (*blocks, *(text(line) for line in per_gain(pair, with_times=with_times))))


def per_gain(pair: Pair, *, with_times: bool) -> list[str]:
    """What a percent of the score cost, or that nothing was gained; in fold fits, and CPU time where it is known."""
    if not pair.verdict.comparable:
        return ["What the cost has gained cannot be told, as the scores cannot be compared."]
    lines = [_gained(pair, (int(pair.a.result.cost["fold_fits"]), int(pair.b.result.cost["fold_fits"])), "fold fits")]
    a, b = _cpus(pair)
    if with_times and a is not None and b is not None and a != b:
        lines.append(_gained(pair, (a, b), "CPU seconds"))
    return lines


def _gained(pair: Pair, spent: tuple[float, float], unit: str) -> str:
    """What the dearer search gained for what it cost more, and what the winner cost."""
    more = abs(spent[1] - spent[0])
    dearer = pair.b if spent[1] > spent[0] else pair.a
    much = f"{number(more, 3)} {unit} more ({relative(min(spent), max(spent))})"
    winner = pair.verdict.winner
    if winner is None and not more:
        return f"Both searches took {number(spent[0], 3)} {unit}."
    if winner is None:
        return f"{dearer.letter}'s {much} gained nothing that these test rows can show."
    percents = 100 * pair.lead
    if percents <= 0:
        return f"{winner}'s lead is too small to be set against its cost."
    if not more:
        return f"{winner}'s lead of {percents:.3g}% cost no {unit} more."
    if winner != dearer.letter:
        return f"{winner} leads by {percents:.3g}%; {dearer.letter}'s {much} gained nothing."
    price = f"{number(more / percents, 3)} {unit} per 1% of the {pair.score_name}"
    return f"{winner}'s lead of {percents:.3g}% cost {much}: {price}."


def _row(name: str, a: int, b: int) -> tuple[str, ...]:
    return name, number(a), number(b), f"{change(a, b)} ({relative(a, b)})" if a and a != b else change(a, b)


def _timed(name: str, a: float | None, b: float | None) -> tuple[str, ...]:
    return name, seconds(a), seconds(b), relative(a, b)


def _walls(pair: Pair) -> tuple[float | None, float | None]:
    return _wall(pair.a), _wall(pair.b)


def _wall(side: Side) -> float | None:
    return side.time.wall_seconds if side.time else None


def _cpus(pair: Pair) -> tuple[float | None, float | None]:
    a, b = (side.time.cpu_seconds if side.time else None for side in pair)
    return a, b


def _inference(times: Times | None) -> list[tuple[str, ...]]:
    columns = ("one row", f"{ROWS:,} rows")
    if times is None:
        return [(f"inference, {name} †", UNKNOWN, UNKNOWN, UNKNOWN) for name in columns]
    pairs = ((each.one_row for each in times), (each.thousand_rows for each in times))
    return [
        (f"inference, {name} †", milliseconds(a), milliseconds(b), relative(a, b))
        for name, (a, b) in zip(columns, pairs, strict=True)
    ]


def _about_times(pair: Pair, times: Times | None) -> str:
    parts = ["† Depends on the machine."]
    if times is not None:
        parts.append(
            "Inference was measured now: both models in turns, from raw rows to predictions, one thread, median."
        )
    if None in (*_walls(pair), *_cpus(pair)):
        parts.append(
            "A search's times are known where it ran and in exported folders; its wall time is unknown if it found"
            " folds that an earlier search had fitted."
        )
    return " ".join(parts)
