"""Rented bicycles per hour, with the two parts that add up to the target."""

import numpy as np
import pandas as pd

from tests.tables.draws import Random, pick, some_missing


def bike_rentals(n_rows: int, random: Random) -> pd.DataFrame:
    """Rented bicycles per hour, with the two parts that add up to the target."""
    when = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.arange(n_rows) * max(3, 17_530 // n_rows), unit="h")
    hour, day, weekday = (np.asarray(part) for part in (when.hour, when.day_of_year, when.day_of_week))
    season = np.array(["winter", "spring", "summer", "autumn"])[(day // 92) % 4]
    temperature = 12 - 11 * np.cos(day / 58) + 4 * np.sin((hour - 8) / 3.8) + random.normal(0, 2.5, n_rows)
    weather = pick(random, ["clear", "mist", "rain", "snow"], n_rows)
    wind, humidity = random.gamma(2, 6, n_rows), np.clip(random.normal(60, 18, n_rows), 5, 100)
    working = (weekday < 5) & (random.random(n_rows) > 0.03)
    rush = np.exp(-(((hour - 8) / 2.0) ** 2)) + np.exp(-(((hour - 17.5) / 2.2) ** 2))
    level = (
        2.2
        + 1.6 * rush * working
        + 1.2 * np.exp(-(((hour - 14) / 4.0) ** 2)) * ~working
        + 0.055 * np.clip(temperature, -5, 26)
        - 0.9 * np.isin(weather, ["rain", "snow"])
        - 0.015 * wind
        + 0.0004 * day
    )
    casual = random.poisson(np.exp(level - 1.2 - 0.5 * working))
    registered = random.poisson(np.exp(level))
    return pd.DataFrame(
        {
            "instant": np.arange(1, n_rows + 1),
            "datetime": when.strftime("%Y-%m-%d %H:%M:%S"),
            "season": season,
            "holiday": (random.random(n_rows) < 0.03).astype(int),
            "workingday": working.astype(int),
            "weather": weather,
            "temp": temperature.round(1),
            "atemp": (temperature + random.normal(0, 1.5, n_rows)).round(1),
            "humidity": humidity.round(),
            "windspeed": wind.round(1),
            "visibility": some_missing(random, random.integers(1, 21, n_rows), 0.05, ""),
            "pressure": random.normal(1013, 8, n_rows).round(1),
            "uv": np.clip(temperature / 4 + random.normal(0, 1, n_rows), 0, 11).round(),
            "events": random.poisson(0.3, n_rows),
            "school_break": random.choice(["yes", "no"], n_rows),
            "station_group": pick(random, ["centre", "north", "south", "river"], n_rows),
            "unit": "bikes",
            "casual": casual,
            "registered": registered,
            "count": casual + registered,
        }
    )
