"""What happens to a column on its way into a file: words for missing values, fillers, copies."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tests.generated_tables.made import Made, chance, one_of, read, with_missing, words
from tests.generated_tables.readings import Numbers, Truth
from tests.generated_tables.vocabularies import KNOWN_MISSING, OTHER_MISSING
from tests.tables.draws import Random

LEAST_PRESENT = 14
FILLERS = (-999.0, 9999.0, 99999.0, -200.0, -9999.0, 999999.0)


def with_blemishes(made: Made, random: Random) -> Made:
    """The column with missing values, or a filler, in some tables."""
    if made.far and chance(random, 0.12):
        return _with_filler(made, random)
    if made.missing == "never" or chance(random, 0.6):
        return made
    return _with_missing(made, random)


def _with_missing(made: Made, random: Random) -> Made:
    n_rows = len(made.texts)
    share = min(10.0 ** random.uniform(-2.3, -0.2), 1.0 - LEAST_PRESENT / n_rows)
    rows = random.random(n_rows) < share
    rows[int(random.integers(n_rows))] = True
    if len(set(made.texts[~rows])) < min(4, len(set(made.texts))):
        return made
    word = ""
    if chance(random, 0.65):
        word = one_of(random, OTHER_MISSING if made.missing == "missing" and chance(random, 0.3) else KNOWN_MISSING)
    blemished = with_missing(made, rows.astype(np.float64), word)
    if word and chance(random, 0.25):
        blank = ~rows & (random.random(n_rows) < 0.05)
        if len(set(blemished.texts[~(rows | blank)])) >= min(4, len(set(made.texts))):
            blemished = with_missing(blemished, blank.astype(np.float64), "")
    return blemished


def _with_filler(made: Made, random: Random) -> Made:
    """A far number in several rows: a note names it, or it is missing."""
    numbers = next(reading for reading in made.truth.readings if isinstance(reading, Numbers))
    reach = float(np.abs(numbers.values).max())
    spread = float(np.ptp(numbers.values))
    candidates = [number for number in FILLERS if abs(number) > reach + 4 * spread]
    if not candidates or made.typed is None:
        return made
    filler = candidates[int(random.integers(len(candidates)))]
    rows = random.random(len(made.texts)) < random.uniform(0.03, 0.2)
    rows[:3] = True
    filled = np.where(rows, filler, numbers.values)
    whole = f"{filler:.0f}"
    truth = read(Numbers(values=filled, mention=whole), numbers.without(rows))
    text = whole if pd.api.types.is_integer_dtype(made.typed) or chance(random, 0.5) else f"{filler:.1f}"
    typed = pd.Series(np.where(rows, filler, made.typed.to_numpy(dtype=np.float64)))
    return replace(made, texts=np.where(rows, text, made.texts), truth=truth, typed=typed, missing="never", far=False)


def copy_of(made: Made, random: Random) -> Made:
    """The column in another unit: a person keeps one of the two."""
    numbers = next(reading for reading in made.truth.readings if isinstance(reading, Numbers))
    values = np.round(numbers.values * 2.20462, 6)
    texts = words(["" if np.isnan(value) else f"{value:.6f}" for value in values])
    truth = Truth((Numbers(values=values),), None, ("copy",))
    return Made(texts, truth, ("other unit", "in_pounds", "converted"), "never", signal=None)
