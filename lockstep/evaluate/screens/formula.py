"""Formulas that give the target: sums and products of several columns.

Products are sums of logarithms. Columns join a formula by orthogonal matching pursuit until nothing of the target is
left, so that no pairs or triples are enumerated.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from lockstep.evaluate.screens.pursuit import Pursuit

Vector = npt.NDArray[np.float64]
Function = Callable[[Vector], Vector]

MIN_ROWS, MAX_ROWS, MAX_COLUMNS = 20, 4_000, 500
# In this share of the rows the formula's error is at most this share of the target's standard deviation, or what
# rounding the target makes, if it is not much more.
SHARE, TOLERANCE, MOST_TOLERANCE, ROUNDING = 0.99, 0.005, 0.03, 0.55
# Digits after the point to which a target may be rounded; below 0, before it.
DIGITS = range(-3, 7)
# Columns of a formula, at most, and rows that each of them needs: fewer would fit anything.
MAX_TERMS, ROWS_PER_TERM = 30, 10
# Columns that explain the target only together are sought by a fit of all, if there are so many rows per column; that
# share of the other half of the rows' variance must be explained, and so many columns that contribute most are tried.
ROWS_PER_COLUMN, EXPLAINED, TRIED = 4, 0.9, (2, 3, 4, 6, 8, 12, 16, 30)
# A product's columns are nonzero in this share of the rows in which the target is.
NONZERO = 0.99
# The rows that fit worst are left out of the next fit, so that a few wrong rows hide no formula. Columns are fitted
# once what they leave of the target is within NEAR tolerances in this share of the rows.
TRIMMED, REFITS, HOPEFUL, NEAR = 0.05, 4, 0.1, 3.0
# A column that alone gives the target is none of a formula's terms.
ALONE = 0.99999
# A factor that a share or a percentage makes, and the column within.
CHANGE, CHANGED = "(1 {} {})", re.compile(r"\(1 [-+] (.*?)(?: / 100)?\)")
# The highest growth, as a share, of columns with shares below 0.
GROWTH = 5.0
# A factor or an exponent this close to 1 is 1.
WHOLE = 0.01
IS_TARGET = f"is the target in at least {100 * SHARE:.0f}% of the rows"
# A few columns that explain more than this of the target are told.
TOGETHER, FEW = 0.99, 3


@dataclass(frozen=True)
class Formula:
    """Columns that give the target together.

    Attributes:
        columns: The columns, in the order of the table.
        text: What gives the target, as the subject and predicate of a sentence.
        exact: Whether it gives it in nearly all rows up to rounding.
        product: Whether the columns are multiplied or divided.
    """

    columns: tuple[str, ...]
    text: str
    exact: bool = True
    product: bool = False


def find_formulas(columns: Mapping[str, Vector], y: Vector, suspects: Collection[str] = ()) -> list[Formula]:
    """The sums and products of two and more columns that are the target.

    Args:
        columns: Columns of numbers by name, shape (rows,); NaN where missing.
        y: The target, shape (rows,), without missing values.
        suspects: Columns that are leaks by themselves, which are no factors: in metres times price per metre, metres
            are none.
    """
    if len(y) < MIN_ROWS or not y.std():
        return []
    rows = np.unique(np.linspace(0, len(y) - 1, MAX_ROWS).astype(np.int64))
    y, tolerance = y[rows], _tolerance(y)
    numbers = {name: column[rows] for name, column in list(columns.items())[:MAX_COLUMNS]}
    numbers = {name: column for name, column in numbers.items() if not _alone(column, y)}
    # One thread: a busy machine slows several down, and the last bits depend on their number.
    with threadpool_limits(1):
        return _found(numbers, y, suspects, tolerance)


def _found(numbers: Mapping[str, Vector], y: Vector, suspects: Collection[str], tolerance: float) -> list[Formula]:
    sums = _Search(numbers, y, _itself, y, 1.0, tolerance).all()
    if not sums and any(np.isnan(column).any() for column in numbers.values()):
        # A part that is missing where there was none.
        sums = _Search(
            {name: np.nan_to_num(column) for name, column in numbers.items()}, y, _itself, y, 1.0, tolerance
        ).all()
    left = {name: column for name, column in numbers.items() if name not in {*suspects, *_names(sums)}}
    return [*map(_sum, sums), *map(_product, _product_search(left, y, tolerance))]


def explained_together(columns: Mapping[str, Vector], y: Vector) -> Formula | None:
    """Two or three columns that explain more than 99% of a number linearly; None if there are none, or one does."""
    if len(y) < MIN_ROWS * FEW or not y.std():
        return None
    rows = np.unique(np.linspace(0, len(y) - 1, MAX_ROWS).astype(np.int64))
    names = list(columns)[:MAX_COLUMNS]
    pursuit = Pursuit(_filled([columns[name][rows] for name in names]), y[rows])
    while len(pursuit.chosen) < FEW and pursuit.explained <= TOGETHER and pursuit.step():
        pass
    if pursuit.explained <= TOGETHER or len(pursuit.chosen) < 2:
        return None
    chosen = tuple(names[index] for index in sorted(pursuit.chosen))
    text = f"{', '.join(chosen[:-1])} and {chosen[-1]} together explain {100 * pursuit.explained:.1f}% of the target"
    return Formula(chosen, text, exact=False)


@dataclass(frozen=True)
class _Terms:
    """A fitted formula: a coefficient (in a product, an exponent) per column, and the constant."""

    coefficients: Mapping[str, float]
    constant: float
    tolerance: float


class _Search:
    """The search for formulas that are linear in some columns.

    Args:
        columns: The columns by name; NaN where missing.
        y: What is fitted: the target, or its logarithm.
        back: From what is fitted to the target.
        target: The target of the same rows.
        slope: The change of the target with what is fitted, in each row.
        tolerance: The error that a formula may have.
    """

    def __init__(
        self,
        columns: Mapping[str, Vector],
        y: Vector,
        back: Function,
        target: Vector,
        slope: Vector | float,
        tolerance: float,
    ) -> None:
        self._columns, self._y, self._back, self._target = dict(columns), y, back, target
        self._slope, self._tolerance = slope, tolerance
        values, counts = np.unique(target, return_counts=True)
        # Where nearly all targets are the same, a formula fits these by itself.
        self._informative = target != values[int(np.argmax(counts))]

    def all(self) -> list[_Terms]:
        """One formula after the other; each is sought among the columns that no earlier one has."""
        found = list[_Terms]()
        while (terms := self._next()) is not None:
            found.append(terms)
            for name in terms.coefficients:
                del self._columns[name]
        return found

    def _next(self) -> _Terms | None:
        names = list(self._columns)
        if len(names) < 2:
            return None
        pursuit = Pursuit(_filled([self._columns[name] for name in names]), self._y)
        limit = min(MAX_TERMS, len(names), len(self._y) // ROWS_PER_TERM)
        while len(pursuit.chosen) < limit and pursuit.step():
            chosen = [names[index] for index in pursuit.chosen]
            if pursuit.near_zero(NEAR * self._tolerance / self._slope) >= HOPEFUL and self._fit(chosen) is not None:
                return self._reduced(chosen)
        return self._of_all(names)

    def _of_all(self, names: Sequence[str]) -> _Terms | None:
        """The formula of columns that explain the target only together, such as the difference of two large ones.

        All columns are fitted to every second row, and must explain the others.
        """
        if len(self._y) < ROWS_PER_COLUMN * len(names):
            return None
        x = _filled([self._columns[name] for name in names])
        x = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
        y = self._y - self._y[::2].mean()
        weights = np.linalg.lstsq(x[::2], y[::2], rcond=None)[0]
        if ((y[1::2] - x[1::2] @ weights) ** 2).sum() > (1 - EXPLAINED) * (y[1::2] ** 2).sum():
            return None
        ranked = [names[index] for index in np.argsort(-np.abs(weights), kind="stable")]
        for count in TRIED:
            if self._fit(ranked[:count]) is not None:
                return self._reduced(ranked[:count])
        return None

    def _reduced(self, chosen: Sequence[str]) -> _Terms | None:
        terms = self._fit(self._needed(chosen))
        return terms if terms is not None and len(terms.coefficients) > 1 else None

    def _needed(self, chosen: Sequence[str]) -> list[str]:
        """The chosen columns without those that the formula does not need, in the order of the table."""
        needed = list(chosen)
        for name in chosen:
            rest = [other for other in needed if other != name]
            if rest and self._fit(rest) is not None:
                needed = rest
        return [name for name in self._columns if name in needed]

    def _fit(self, names: Sequence[str]) -> _Terms | None:
        """The formula of these columns if it is the target in nearly all rows; a few wrong rows do not matter."""
        x = np.column_stack([np.ones(len(self._y)), *(self._columns[name] for name in names)])
        present = np.isfinite(x).all(axis=1)
        if present.mean() < 0.5 or present.sum() < max(MIN_ROWS, ROWS_PER_TERM * len(names)):
            return None
        if (present & self._informative).sum() < ROWS_PER_TERM * len(names):
            return None
        x, y, target = x[present], self._y[present], self._target[present]
        kept = np.ones(len(y), dtype=np.bool_)
        for _ in range(REFITS):
            coefficients = np.linalg.lstsq(x[kept], y[kept], rcond=None)[0]
            errors = np.abs(self._back(x @ coefficients) - target)
            if (errors <= self._tolerance).mean() >= SHARE:
                of_columns = {name: float(value) for name, value in zip(names, coefficients[1:], strict=True)}
                return _Terms(of_columns, float(coefficients[0]), self._tolerance)
            kept = errors <= np.quantile(errors, 1 - TRIMMED)
        return None


def _tolerance(y: Vector) -> float:
    """The error that a formula may have: a small share of the spread, or what rounding makes."""
    scale = float(y.std())
    unit = next(
        (10.0**-digits for digits in DIGITS if np.allclose(y * 10.0**digits, np.round(y * 10.0**digits), 0, 1e-6)), 0
    )
    return min(max(ROUNDING * unit, TOLERANCE * scale), MOST_TOLERANCE * scale)


def _product_search(columns: Mapping[str, Vector], y: Vector, tolerance: float) -> list[_Terms]:
    """Products and quotients: sums of the logarithms of columns that are nonzero where the target is.

    Shares and percentages may be discounts or taxes, so that 1 less or more of them are factors.
    """
    rows = y != 0
    if rows.sum() < MIN_ROWS:
        return []
    factors = {**columns, **_changes_by(columns)}
    nonzero = {name: column[rows] for name, column in factors.items() if _is_nonzero(column[rows])}
    logarithms = {name: np.log(np.where(column == 0, np.nan, np.abs(column))) for name, column in nonzero.items()}
    size = np.abs(y[rows])
    return _Search(logarithms, np.log(size), _exp, size, size, tolerance).all()


def _changes_by(columns: Mapping[str, Vector]) -> dict[str, Vector]:
    """1 - a and 1 + a of shares a between 0 and 1, of percentages the same by their hundredth; 1 + a of growth."""
    changes = dict[str, Vector]()
    for name, column in columns.items():
        low, high = np.nanmin(column, initial=np.inf), np.nanmax(column, initial=-np.inf)
        if low <= -1 or high > (100 if low >= 0 else GROWTH) or len(changes) >= MAX_COLUMNS:
            continue
        if low < 0:
            changes |= {CHANGE.format("+", name): 1 + column}
            continue
        share, term = (column, name) if high <= 1 else (column / 100, f"{name} / 100")
        changes |= {CHANGE.format("-", term): 1 - share, CHANGE.format("+", term): 1 + share}
    return changes


def _columns_of(names: Collection[str]) -> tuple[str, ...]:
    """The columns of factors, each once."""
    plain = [CHANGED.sub(r"\1", name) for name in names]
    return tuple(dict.fromkeys(plain))


def _is_nonzero(column: Vector) -> bool:
    present = np.isfinite(column)
    return bool(present.any() and (column[present] != 0).mean() >= NONZERO)


def _itself(values: Vector) -> Vector:
    return values


def _exp(values: Vector) -> Vector:
    return np.exp(np.minimum(values, 700.0))


def _alone(column: Vector, y: Vector) -> bool:
    """Whether a column is the target, but for a factor and a constant."""
    present = np.isfinite(column)
    a, b = column[present] - column[present].mean() if present.any() else column[:0], y[present]
    b = b - b.mean() if len(b) else b
    size = float(np.sqrt((a @ a) * (b @ b)))
    return size == 0 or abs(float(a @ b)) / size > ALONE


def _filled(columns: Sequence[Vector]) -> Vector:
    """The columns side by side, with their means where a value is missing."""
    filled = []
    for column in columns:
        present = np.isfinite(column)
        filled.append(np.where(present, column, column[present].mean() if present.any() else 0.0))
    return np.column_stack(filled)


def _names(found: Sequence[_Terms]) -> list[str]:
    return [name for terms in found for name in terms.coefficients]


def _sum(terms: _Terms) -> Formula:
    """`a + b - 2 * c`, the terms that are added first."""
    ordered = sorted(terms.coefficients.items(), key=lambda item: item[1] < 0)
    text = ""
    for name, value in ordered:
        sign = ("- " if value < 0 else "+ ") if text else ("-" if value < 0 else "")
        text += f"{' ' if text else ''}{sign}{_factor(abs(value))}{name}"
    if abs(terms.constant) > terms.tolerance:
        text += f" {'-' if terms.constant < 0 else '+'} {abs(terms.constant):.4g}"
    return Formula(tuple(terms.coefficients), f"{text} {IS_TARGET}")


def _product(terms: _Terms) -> Formula:
    """`2 * a * b^2 / c`."""
    over = [_power(name, value) for name, value in terms.coefficients.items() if value > 0]
    under = [_power(name, -value) for name, value in terms.coefficients.items() if value < 0]
    constant = _factor(float(np.exp(min(terms.constant, 700.0))))
    text = constant + " * ".join(over) if over else f"{constant.removesuffix(' * ') or 1}"
    text += "".join(f" / {factor}" for factor in under)
    return Formula(_columns_of(terms.coefficients), f"{text} {IS_TARGET}", product=True)


def _factor(value: float) -> str:
    return "" if abs(value - 1) < WHOLE else f"{value:.4g} * "


def _power(name: str, exponent: float) -> str:
    return name if abs(exponent - 1) < WHOLE else f"{name}^{exponent:.3g}"
