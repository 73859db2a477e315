"""The best parameters side by side."""

from collections.abc import Mapping
from typing import Any

from lockstep.compare.document import Block, Bullets, Line, Name, Section, Table, listed, text
from lockstep.compare.numbers import change, number
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.report.sections.bounds_section import Bound, bounds_hit
from lockstep.report.templates import UNKNOWN, range_text

# Of the best trial and of the final model.
FURTHER = ("rounds of the best trial", "rounds of the final model", "learning rate factor", "models averaged")


def section(pair: Pair) -> Section:
    """Values of the final models, and those at an end of their range."""
    a, b = (_values(side) for side in pair)
    rows = tuple(
        (
            name if name in FURTHER else Name(name),
            _shown(a.get(name)),
            _shown(b.get(name)),
            _change(a.get(name), b.get(name)),
        )
        for name in dict.fromkeys([*a, *b])
    )
    head = (
        "final model",
        f"A, trial {pair.a.result.best['trial']}",
        f"B, trial {pair.b.result.best['trial']}",
        "change",
    )
    return Section("Best parameters", (Table("Best parameters", head, rows), *_bounds(pair), *_outside(pair)))


def at_bounds(side: Side) -> list[Bound]:
    """Parameters whose best value lies at an end of its range."""
    return bounds_hit(side.result.best, side.result.space, side.result.search["space_name"])


def _values(side: Side) -> dict[str, Any]:
    training = side.result.training
    params: Mapping[str, Any] = training["params"]
    further = (
        side.result.best["n_rounds"],
        training["n_rounds"],
        training["learning_rate_factor"],
        side.result.model["n_models"],
    )
    return {**{name: params[name] for name in sorted(params)}, **dict(zip(FURTHER, further, strict=True))}


def _shown(value: Any) -> str:
    return UNKNOWN if value is None else number(value, 4) if isinstance(value, int | float) else str(value)


def _change(a: Any, b: Any) -> str:
    numbers = [value for value in (a, b) if isinstance(value, int | float) and not isinstance(value, bool)]
    return change(*numbers) if len(numbers) == 2 else "" if a == b else UNKNOWN


def _bounds(pair: Pair) -> list[Block]:
    lines = list[Line]()
    for side in pair:
        for bound in at_bounds(side):
            where = f" lies at the {bound.end} end of {range_text(side.result.space[bound.name])}."
            lines.append((f"{side.letter}'s best ", Name(bound.name), where))
    return [Bullets(tuple(lines))] if lines else [text("No best value lies at an end of its range.")]


def _outside(pair: Pair) -> list[Block]:
    """Whether B found its best where A did not look."""
    a, b, best = pair.a.result.space, pair.b.result.space, pair.b.result.best["params"]
    moved = [name for name, bounds in b.items() if name in a and a[name] != bounds and "low" in a[name]]
    beyond = [
        name
        for name in moved
        if isinstance(best.get(name), int | float) and not a[name]["low"] <= best[name] <= a[name]["high"]
    ]
    if beyond:
        return [text("B's best lies where A did not search: ", *listed(beyond), ".")]
    if moved:
        return [text("B's best lies inside A's ranges too, of the parameters whose range was changed.")]
    return []
