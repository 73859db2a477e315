"""Songs with several artists each, ids, dates, and a rank that is the target in another form. Parquet."""

import numpy as np
import pandas as pd

from tests.tables.draws import Random, effects_of, pick


def songs(n_rows: int, random: Random) -> pd.DataFrame:
    """Songs with several artists each, ids, dates, and a rank that is the target in another form. Parquet."""
    artists = [f"Artist {number}" for number in range(max(60, n_rows // 40))]
    fame = random.normal(0, 9, len(artists))
    n_artists = random.choice([1, 1, 2, 3], n_rows)
    chosen = [random.choice(len(artists), count, replace=False) for count in n_artists]
    genre = pick(random, [f"genre {number}" for number in range(60)], n_rows)
    energy, dance, valence = (random.beta(2.2, 1.8, n_rows) for _ in range(3))
    released = pd.Timestamp("1990-01-01") + pd.to_timedelta(random.integers(0, 365 * 33, n_rows), unit="D")
    explicit = random.random(n_rows) < 0.2
    duration = random.normal(210_000, 45_000, n_rows).round()
    popularity = (
        (
            42
            + np.array([fame[members].max() for members in chosen])
            + effects_of(random, genre, 7)
            + 18 * dance * (energy > 0.5)
            - 20 * (valence - 0.55) ** 2
            + 0.25 * (np.asarray(released.year) - 2006)
            - 6 * (np.abs(duration - 200_000) > 70_000)
            + random.normal(0, 6, n_rows)
        )
        .clip(0, 100)
        .round()
    )
    pairs = random.integers(0, [4, 3], (n_rows, 2))
    firsts, lasts = ["Love", "Night", "Rain", "Fire"], ["City", "Heart", "River"]
    titles = [f"{firsts[a]} of the {lasts[b]} {number}" for number, (a, b) in enumerate(pairs)]
    return pd.DataFrame(
        {
            "track_id": [f"{number:016x}" for number in random.permutation(n_rows) * 104_729],
            "artists": [";".join(artists[member] for member in members) for members in chosen],
            "title": titles,
            "genre": genre,
            "released": released.date,
            "added_at": released + pd.to_timedelta(random.integers(0, 10**7, n_rows), unit="s"),
            "explicit": explicit,
            "duration_ms": duration.astype(int),
            "key": random.integers(0, 12, n_rows),
            "mode": random.integers(0, 2, n_rows),
            "energy": energy.round(3),
            "danceability": dance.round(3),
            "valence": valence.round(3),
            "tempo": random.normal(120, 25, n_rows).round(2),
            "loudness": np.where(random.random(n_rows) < 0.02, np.nan, (energy * 20 - 22).round(2)),
            "label": pd.Categorical(pick(random, [f"label {number}" for number in range(8)], n_rows)),
            "markets": [list(range(count)) for count in random.integers(1, 4, n_rows)],
            "preview": pd.Series([None] * n_rows, dtype="str"),
            "chart_points": (popularity**1.5 * 10).round(1),
            "popularity": popularity.astype(int),
        }
    )
