"""Sales of houses; the price is skewed. Comma, NA and empty cells, an id, a constant, a copy of a column."""

import numpy as np
import pandas as pd

from tests.tables.draws import Random, effects_of, pick, some_missing


def house_sales(n_rows: int, random: Random) -> pd.DataFrame:
    """Sales of houses; the price is skewed. Comma, NA and empty cells, an id, a constant, a copy of a column."""
    area = np.round(random.gamma(6.0, 25.0, n_rows) + 30)
    rooms = np.clip(np.round(area / 28 + random.normal(0, 1, n_rows)), 1, 12).astype(int)
    built = random.integers(1900, 2021, n_rows)
    sold = pd.Timestamp("2016-01-01") + pd.to_timedelta(random.integers(0, 365 * 5, n_rows), unit="D")
    district = pick(random, [f"{number:05d}" for number in range(1001, 1081)], n_rows)
    condition = pick(random, ["good", "average", "poor", "new"], n_rows)
    heating = pick(random, ["gas", "oil", "heat pump"], n_rows)
    garden = np.where(random.random(n_rows) < 0.4, 0.0, np.round(random.gamma(2.0, 120.0, n_rows)))
    lat, lon = random.normal(52.5, 0.08, n_rows).round(5), random.normal(13.4, 0.12, n_rows).round(5)
    distance = np.hypot(lat - 52.52, (lon - 13.40) * 0.61) * 111
    age = 2021 - built
    log_price = (
        10.2
        + 0.75 * np.log(area)
        - 0.06 * distance
        + effects_of(random, district, 0.25)
        + 0.15 * (condition == "new")
        - 0.2 * (condition == "poor") * (age > 40)
        + 0.1 * np.sin(np.asarray(sold.day_of_year) / 58)
        + 0.05 * (np.asarray(sold.year) - 2016)
        + 0.25 * np.exp(-(((age - 115) / 12.0) ** 2))
        + 0.0004 * garden * (distance < 8)
        + random.normal(0, 0.12, n_rows)
    )
    return pd.DataFrame(
        {
            "sale_id": random.permutation(n_rows) + 100_000,
            "date_sold": sold.strftime("%Y-%m-%d"),
            "postcode": district,
            "living_area": area,
            "living_area_sqft": np.round(area * 10.764, 3),
            "rooms": rooms,
            "bathrooms": np.clip(rooms // 3 + random.integers(0, 2, n_rows), 1, None),
            "floors": random.integers(1, 4, n_rows),
            "garden [m2]": some_missing(random, garden, 0.1, "NA"),
            "year_built": built,
            "year_renovated": some_missing(random, np.minimum(built + random.integers(5, 60, n_rows), 2020), 0.6, "NA"),
            "condition": condition,
            "heating": some_missing(random, heating, 0.05, ""),
            "energy_class": pick(random, list("CDEBFGA"), n_rows),
            "elevator": random.choice(["yes", "no"], n_rows),
            "latitude": lat,
            "longitude": lon,
            "noise_db": random.normal(55, 8, n_rows).round(1),
            "country": "DE",
            "agent": pick(random, [f"agent {number}" for number in range(40)], n_rows),
            "price": np.round(np.exp(log_price), -2),
            "price_per_m2": np.round(np.exp(log_price) / area, 2),
        }
    )
