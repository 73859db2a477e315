"""The target: a number or one of several classes, with notes about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean.column_block import Column
from lockstep.errors import DataError
from lockstep.guards.text.messages import LENGTH, brief
from lockstep.inspect.findings import TargetFinding
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.roles import format_hint, format_number
from lockstep.metrics.metric import METRICS

# Texts with up to MAX_TEXT_CLASSES values are classes without an option; few integers only get a comment.
MAX_TEXT_CLASSES, MAX_CLASSES, FEW_INTEGERS = 20, 1000, 10
RARE_ROWS, RARE_SHARE = 20, 0.1
SKEWED = 2.0
# Counts with a mean of 4 have this skewness under a Poisson distribution; grades and ratings have less.
SKEWED_COUNTS = 0.5
# The share of the rows with the same value from which a target has no spread about its median.
SAME_VALUE = 0.5
# Where most rows have a count of 0, the others seldom have more than this.
LARGE_COUNT = 50
NEGATIVE = frozenset(["0", "false", "no", "n", "-", "neg", "negative", "none"])


def describe_target(
    read: ReadColumn, words: pd.Series, *, as_classes: bool, has_exposure: bool = False
) -> TargetFinding:
    """Decide between number and classes.

    Args:
        read: The target column.
        words: Its values as written in the file, or missing.
        as_classes: Whether integers are classes even if there are many.
        has_exposure: Whether rows have exposures, which only an objective with a log link takes.

    Raises:
        DataError: if nothing can be learned from it.
    """
    where = f"target {read.name!r}"
    if read.problem:
        raise DataError(f"{where}: {read.problem}; name another column")
    if read.present == 0:
        raise DataError(f"{where}: every value is missing; name another column")
    if read.distinct == 1:
        raise DataError(f"{where}: is {_word(read.values.dropna().iloc[0])} in every row; there is nothing to learn")
    if read.type == "date":
        raise DataError(f"{where}: is a date; name a number, or a column with few different values")
    if read.type == "text":
        return _text_classes(read, where, as_classes=as_classes)
    if has_exposure and set(words.dropna().str.strip()) == {"0", "1"}:
        return _number(replace(read, facts=read.facts.model_copy(update={"type": "integer"})), has_exposure=True)
    if read.type == "boolean":
        return _truth_classes(read, words)
    if read.type == "integer" and (as_classes or (read.distinct == 2 and not has_exposure)):
        if read.distinct > MAX_CLASSES:
            raise DataError(f"{where}: has {read.distinct} different values; at most {MAX_CLASSES} can be classes")
        return _classes(read, "integer", sorted(int(value) for value in read.values.dropna().unique()))
    if as_classes:
        raise DataError(f"{where}: has decimals, which cannot be classes; leave out --classes")
    return _number(read, has_exposure=has_exposure)


def _number(read: ReadColumn, *, has_exposure: bool) -> TargetFinding:
    values = read.values.dropna().astype(float)
    low, high, mean = map(format_number, (values.min(), values.max(), values.mean()))
    notes = [f"a number from {low} to {high}, mean {mean}"]
    if read.type == "integer" and read.distinct <= FEW_INTEGERS:
        classes = ", ".join(str(int(value)) for value in np.unique(values))
        notes.append(
            f"only {read.distinct} different whole numbers, taken as a number: a grade or a count. If they name"
            f" classes: target: {{column: ..., classes: [{classes}]}}, or new-dataset with --classes"
        )
    suggestion = suggested_setting(np.asarray(values, dtype=np.float64))
    needs = None
    if has_exposure:
        needs = f"booster.objective={log_link_objective(np.asarray(values, dtype=np.float64))}"
        notes.append(f"the exposure needs an objective with a log link: {needs}")
    elif suggestion is not None:
        notes.append(f"{suggestion.why}; also try {suggestion.setting}, which helps where {suggestion.measure} counts")
    return TargetFinding(read.name, read.type, (), read.missing, tuple(notes), needs)


@dataclass(frozen=True)
class Suggestion:
    """A setting to try beside the default, squared error.

    Attributes:
        setting: As after `-S`.
        metric: The metric that it improves.
        why: What the target is like.
    """

    setting: str
    metric: str
    why: str

    @property
    def measure(self) -> str:
        """What people call the metric."""
        return METRICS[self.metric].label


def suggested_setting(values: npt.NDArray[np.float64]) -> Suggestion | None:
    """The setting that suits the distribution of a target better than squared error.

    Args:
        values: The target without missing values, shape (rows,).

    Returns:
        None where squared error suits it, or the values do not tell.
    """
    skew, zeros = _skewness(values), float(np.mean(values == 0))
    if values.min() >= 0 and zeros > 0:
        if _are_counts(values):
            why = f"whole numbers from 0, {zeros:.0%} of them 0: counts"
            poisson = Suggestion("booster.objective=poisson", "poisson_deviance", why)
            return poisson if skew > SKEWED_COUNTS else None
        why = f"no negative numbers, {zeros:.0%} of them 0, skewness {skew:.2f}: sums of few or no costs"
        return Suggestion("booster.objective=tweedie", "tweedie_deviance", why) if skew > SKEWED else None
    if values.min() > 0 and skew > SKEWED and abs(_skewness(np.log(values))) < skew / 2:
        why = f"positive numbers, skewness {skew:.2f} and that of their logarithms {_skewness(np.log(values)):.2f}"
        return Suggestion("booster.target_transform=log", "rmsle", why)
    # Where half of the values are the same, the loss of a far value hardly differs from that of none.
    if abs(skew) > SKEWED and np.mean(values == np.median(values)) < SAME_VALUE:
        why = f"skewness {skew:.2f}: a few far values weigh most in RMSE"
        return Suggestion("booster.objective=pseudo_huber", "mae", why)
    return None


def log_link_objective(values: npt.NDArray[np.float64]) -> str:
    """The objective with a log link that suits a target that came about in each row's exposure.

    Args:
        values: The target without missing values, shape (rows,).

    Raises:
        DataError: if some are below 0.
    """
    if values.min() < 0:
        raise DataError(
            f"--exposure: the target has numbers below 0, the lowest {format_number(values.min())}; counts and costs"
            " have none: leave the option out"
        )
    if _are_counts(values):
        return "poisson"
    return "tweedie" if np.any(values == 0) else "gamma"


def _are_counts(values: npt.NDArray[np.float64]) -> bool:
    """Whether numbers from 0 are whole, and not costs in whole units: most rows 0, and the others far above 0."""
    if not np.array_equal(values, np.round(values)):
        return False
    return bool(np.median(values) > 0 or np.median(values[values > 0]) <= LARGE_COUNT)


def _skewness(values: npt.NDArray[np.float64]) -> float:
    """Mean cubed distance from the mean, in standard deviations."""
    return float((((values - values.mean()) / values.std()) ** 3).mean())


def _truth_classes(read: ReadColumn, words: pd.Series) -> TargetFinding:
    class_words = sorted(words.dropna().unique(), key=lambda word: word.strip().lower() not in NEGATIVE)
    if len(class_words) != 2 or {word.strip().lower() for word in class_words} == {"false", "true"}:
        return _classes(read, "boolean", [False, True])
    if {word.strip() for word in class_words} == {"0", "1"}:
        return _classes(read, "integer", [0, 1])
    texts = ReadColumn(read.name, Column(type="text"), words)
    return _classes(texts, "category", class_words)


def _text_classes(read: ReadColumn, where: str, *, as_classes: bool) -> TargetFinding:
    counts = read.values.value_counts()
    if len(counts) > (MAX_CLASSES if as_classes else MAX_TEXT_CLASSES):
        remedy = format_hint(read.values.dropna()) or (
            "; --classes takes up to 1000" if len(counts) <= MAX_CLASSES else "; name another column"
        )
        raise DataError(f"{where}: has {len(counts)} different texts, too many for classes{remedy}")
    names = sorted(counts.index)
    if len(names) == 2:
        # the positive class comes second: not a negative word, else the rarer class
        names.sort(key=lambda name: (name.strip().lower() not in NEGATIVE, -counts[name], name))
    finding, hint = _classes(read, "category", names), format_hint(read.values.dropna())
    return replace(finding, notes=(*finding.notes, f"texts, taken as names of classes{hint}")) if hint else finding


def _word(value: object) -> str:
    return brief(str(value)[:LENGTH])


def _first(names: Sequence[str]) -> str:
    """Names as a list; of many the first ones and the number of the others."""
    more = len(names) - MAX_TEXT_CLASSES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MAX_TEXT_CLASSES])} and {more:,} more"


def _classes(read: ReadColumn, kind: str, classes: list[bool] | list[int] | list[str]) -> TargetFinding:
    counts = [int((read.values == name).sum()) for name in classes]
    words = [_word(name) for name in classes]
    notes = [f"rows of each class: {_first([f'{word} {n}' for word, n in zip(words, counts, strict=True)])}"]
    rare = [word for word, count in zip(words, counts, strict=True) if count < RARE_ROWS]
    if rare:
        notes.append(
            f"fewer than {RARE_ROWS} rows: {_first(rare)}; too few to learn or to judge: merge or drop them, and"
            " set split.strategy to stratified"
        )
    elif min(counts) < RARE_SHARE * sum(counts):
        notes.append(
            "the rarest class is rare: accuracy says little, look at AUC and log loss; split.strategy=stratified"
            " keeps its share in every fold"
        )
    return TargetFinding(read.name, kind, tuple(classes), read.missing, tuple(notes))  # type: ignore[arg-type]
