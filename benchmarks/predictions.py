"""What predictions cost: `lockstep predict` beside the bare booster, single rows, MLflow's server, memory."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import requests
import xgboost as xgb
from pyarrow import csv

from benchmarks.measure import measure
from benchmarks.tables import ROOT, environment, run
from lockstep.check.config import Dataset, parse_dataset
from lockstep.features.features_block import start_of
from lockstep.features.recipe import Features
from lockstep.fitting.fitting import Fitting
from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.table.target import Target

ROWS, TRAINING_ROWS, LARGE = 1_000_000, 50_000, 24
TREES, DEPTH, ROUNDS, REQUESTS = 300, 8, 5, 200


def predict(folder: Path) -> dict[str, Any]:
    """California's eight raw columns, made; 300 trees of depth 8; one thread everywhere."""
    dataset = parse_dataset((ROOT / "datasets/california_housing.yaml").read_text(encoding="utf-8"), Path("facts"))
    _model(dataset).save(folder / "model")
    rows = pa.Table.from_pandas(_rows(ROWS, seed=1), preserve_index=False)
    pq.write_table(rows, folder / "in.parquet")
    csv.write_csv(rows, folder / "in.csv")
    found: dict[str, Any] = json.loads(
        run(ROOT, sys.executable, "-m", "benchmarks.predict_run", str(folder), str(ROUNDS))
    )
    found["command"] = {
        f"{source} to {target}": [_command(folder, source, target) for _ in range(3)]
        for source, target in (("in.csv", "out.csv"), ("in.parquet", "out.parquet"), ("in.csv", "out.parquet"))
    }
    found["served_ms"] = _served(folder, rows)
    header, body = (folder / "in.csv").read_bytes().split(b"\n", 1)
    with (folder / "large.csv").open("wb") as file:
        file.write(header + b"\n")
        for _ in range(LARGE):
            file.write(body)
    size = (folder / "large.csv").stat().st_size / 2**20
    found["large"] = {"mib": size, "rows": LARGE * ROWS, **_command(folder, "large.csv", "out.csv")}
    return found


def _rows(count: int, seed: int) -> pd.DataFrame:
    """Rows like California's block groups, numbers written as they are there."""
    random = np.random.default_rng(seed)
    households = random.integers(50, 2000, count).astype(np.float64)
    return pd.DataFrame(
        {
            "longitude": random.uniform(-124, -114, count).round(2),
            "latitude": random.uniform(32.5, 42, count).round(2),
            "housing_median_age": random.integers(1, 53, count).astype(np.float64),
            "total_rooms": (households * random.uniform(3, 8, count)).round(),
            "total_bedrooms": (households * random.uniform(0.9, 1.3, count)).round(),
            "population": (households * random.uniform(1.5, 4.5, count)).round(),
            "households": households,
            "median_income": random.lognormal(1.2, 0.5, count).round(4),
        }
    )


def _model(dataset: Dataset) -> SavedModel:
    rows = _rows(TRAINING_ROWS, seed=0)
    recipe = start_of(dataset.features["raw"])
    features = Features(recipe)
    intake = Intake.of(dataset, features.columns)
    frame = intake.frame(pa.Table.from_pandas(rows, preserve_index=False))
    noise = np.random.default_rng(2).normal(size=len(frame))
    y = (
        np.log1p(frame["MedInc"])
        + np.sin(2 * frame["Latitude"]) * np.cos(2 * frame["Longitude"])
        + np.sqrt(frame["AveRooms"])
        + 0.5 * noise
    ).to_numpy()
    matrix = xgb.QuantileDMatrix(features.fit(frame, y).transform(frame), y)
    matrix.feature_names, matrix.feature_types = features.names, features.types
    params: dict[str, int | float | str | bool] = {"max_depth": DEPTH, "learning_rate": 0.05, "nthread": 1}
    booster = xgb.train({**params, "tree_method": "hist"}, matrix, TREES)
    return SavedModel([booster], features, Target("MedHouseVal"), Fitting(), Training(params, TREES, 0.0), None, intake)


def _command(folder: Path, source: str, target: str) -> dict[str, float]:
    """The whole command, the interpreter's start included."""
    arguments = (str(folder / source), str(folder / target), "--model", str(folder / "model"), "--force")
    cost = measure("lockstep", "predict", *arguments, cwd=ROOT)
    return {"wall": cost.wall, "cpu": cost.cpu, "peak_mib": cost.peak_mib}


def _served(folder: Path, rows: pa.Table) -> float:
    """Median milliseconds of a request with one row to `mlflow models serve`, over one connection."""
    import mlflow

    from lockstep.tracking.logged_model import PACKAGE, SERVED_BY
    from lockstep.tracking.signature import signature_of

    mlflow.pyfunc.save_model(
        folder / "served",
        python_model=str(PACKAGE / SERVED_BY),
        artifacts={"model": str(folder / "model")},
        code_paths=[str(PACKAGE)],
        signature=signature_of(SavedModel.load(folder / "model")),
        pip_requirements=[],
    )
    frame = rows.slice(0, REQUESTS).to_pandas()
    times = []
    with _serving(folder / "served") as address, requests.Session() as session:
        for row in range(REQUESTS):
            asked = {"dataframe_split": frame.iloc[[row]].to_dict("split", index=False)}
            started = time.perf_counter()
            session.post(f"{address}/invocations", json=asked, timeout=60).raise_for_status()
            times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


@contextmanager
def _serving(model: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local")
    server = subprocess.Popen(  # noqa: S603
        [*command, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        cwd=model.parent,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while server.poll() is None:
            try:
                if requests.get(f"{address}/ping", timeout=5).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
