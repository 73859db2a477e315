"""Customers of a bank, of whom few take the offer: yes or no."""

import numpy as np
import pandas as pd

from tests.tables.draws import Random, effects_of, pick, some_missing


def bank_churn(n_rows: int, random: Random) -> pd.DataFrame:
    """Customers of a bank, of whom few take the offer: yes or no."""
    age = random.integers(18, 90, n_rows)
    jobs = ["admin", "technician", "services", "management", "retired", "blue-collar", "self-employed", "student"]
    job = pick(random, jobs, n_rows)
    balance = np.round(random.gamma(1.2, 1100, n_rows) - 300)
    duration = np.round(random.gamma(2.0, 120, n_rows))
    month = pick(random, ["may", "jul", "aug", "jun", "nov", "apr", "feb", "jan", "oct", "sep", "mar", "dec"], n_rows)
    branch = pick(random, [f"B{number:03d}" for number in range(120)], n_rows)
    previous = np.minimum(random.poisson(0.4, n_rows), 8)
    housing, loan = random.random(n_rows) < 0.55, random.random(n_rows) < 0.16
    score = (
        -4.6
        + 0.009 * duration
        + 0.9 * np.isin(month, ["mar", "sep", "oct"])
        + 1.1 * ((age < 25) | (age > 62))
        - 0.6 * housing * (balance < 500)
        - 0.5 * loan
        + 0.5 * np.log1p(previous)
        + effects_of(random, branch, 0.7)
        + effects_of(random, job, 0.3)
    )
    taken = random.random(n_rows) < 1 / (1 + np.exp(-score))
    return pd.DataFrame(
        {
            "": np.arange(n_rows),
            "customer": [f"C{number:08x}" for number in random.permutation(n_rows) * 7919],
            "age": age,
            "job": some_missing(random, job, 0.03, "?"),
            "marital": pick(random, ["married", "single", "divorced"], n_rows),
            "education": some_missing(random, pick(random, ["secondary", "tertiary", "primary"], n_rows), 0.04, "?"),
            "default": np.where(random.random(n_rows) < 0.02, "yes", "no"),
            "balance": balance,
            "housing": np.where(housing, "yes", "no"),
            "loan": np.where(loan, "yes", "no"),
            "contact": some_missing(random, pick(random, ["cellular", "telephone"], n_rows), 0.2, "?"),
            "month": month,
            "day": random.integers(1, 29, n_rows),
            "duration": duration,
            "campaign": random.poisson(2.0, n_rows) + 1,
            "pdays": some_missing(random, random.integers(1, 400, n_rows), 0.8, "?"),
            "previous": previous,
            "branch": branch,
            "rate": random.choice([-1.8, -0.1, 1.1, 1.4], n_rows),
            "deposit": np.where(taken, "yes", "no"),
        }
    )
