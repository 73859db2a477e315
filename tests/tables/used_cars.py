"""Used cars with makes and models, accents in Latin-1, tabs, gzipped."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.tables.draws import Random, Words, effects_of, pick, some_missing


def used_cars(n_rows: int, random: Random) -> pd.DataFrame:
    """Used cars with makes and models, accents in Latin-1, tabs, gzipped."""
    makes = "Skoda Citroën Renault Peugeot Volvo Seat Opel Fiat BMW Audi Lancia Mini Kia Mazda Toyota".split()  # noqa: SIM905
    make = pick(random, makes, n_rows)
    number = random.integers(0, 16, n_rows)
    model = _joined(make, " ", np.array(list("ABCDEFGHIJKLMNOP"))[number], number * 7 % 10)
    starts, ends = ["Orl", "Nan", "Ren", "Vich", "Cham"], ["éans", "tes", "ny", "béry", "âlons", "ès", "ville", "ières"]
    town = pick(random, [start + end for start in starts for end in ends], n_rows)
    year = random.integers(1998, 2024, n_rows)
    kilometres = np.round(np.clip((2024 - year) * random.normal(13000, 4500, n_rows), 0, None), -2)
    power = np.round(random.gamma(9, 12, n_rows) + 40)
    fuel = pick(random, ["essence", "diesel", "électrique", "hybride"], n_rows)
    automatic = random.random(n_rows) < 0.35
    damaged = random.random(n_rows) < 0.05
    log_price = (
        9.9
        - 0.085 * (2024 - year)
        - 0.0000022 * kilometres
        + 0.004 * power
        + effects_of(random, make, 0.25)
        + effects_of(random, model, 0.2)
        + 0.12 * automatic * (power > 120)
        - 0.35 * damaged
        + 0.3 * (fuel == "électrique") * (year > 2016)
        + 0.35 * (year < 2001) * (power > 150)
        + random.normal(0, 0.1, n_rows)
    )
    days = pd.to_datetime(pd.Series(year).astype(str) + "-01-01")
    days += pd.to_timedelta(random.integers(0, 365, n_rows), unit="D")
    seller = pick(random, ["dealer", "private"], n_rows)
    colours = pick(random, ["noir", "gris", "blanc", "bleu foncé", "rouge", "vert", "crème"], n_rows)
    return pd.DataFrame(
        {
            "ref": _joined(random.permutation(n_rows) + 10_000, "-", random.integers(1000, 9999, n_rows)),
            "make": make,
            "model": model,
            "year": year,
            "first_registration": days.dt.strftime("%Y-%m-%d"),
            "kilometres": kilometres.astype(int),
            "power_hp": power.astype(int),
            "fuel": fuel,
            "automatic": automatic,
            "damaged": damaged,
            "doors": random.choice([3, 5, 5, 5, 2], n_rows),
            "colour": some_missing(random, colours, 0.06, "None"),
            "town": town,
            "seller": seller,
            "owners": random.integers(1, 6, n_rows),
            "co2": some_missing(random, np.round(power * 0.9 + random.normal(0, 15, n_rows)), 0.25, ""),
            "consumption": some_missing(random, (power / 22 + random.normal(0, 0.6, n_rows)).round(1), 0.02, "n.a."),
            "guarantee_months": random.choice([0, 3, 6, 12, 24], n_rows),
            "description": _joined(model, ", ", colours, ", révisée en ", year + 1, ", n° ", np.arange(n_rows)),
            "asking_price": np.round(np.exp(log_price)),
        }
    )


def _joined(*pieces: npt.ArrayLike) -> Words:
    return np.array(["".join(map(str, row)) for row in zip(*np.broadcast_arrays(*pieces), strict=True)], dtype=object)
