"""Predictions of simple models on the same test rows, as baselines; each is fitted on the training rows alone.

All but `mean` and `nearest_neighbours` use the model's own features, none is tuned, each is fitted in one thread.
Weights of rows count in every fit but that of `nearest_neighbours`, class weights in none. Where rows have exposures, a
baseline predicts the rate per unit, from rows that count by their exposure, times the row's exposure.
"""

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from lockstep.evaluate.rows import Rows, sample_rows
from lockstep.features.arrays import numbers
from lockstep.fitting.booster import fit_rounds, predict
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold, Matrix, Vector
from lockstep.fitting.matrices import training_matrix
from lockstep.fitting.objective import OBJECTIVES
from lockstep.fitting.weighting import margins, mean, selected
from lockstep.model.saved import Predictions, SavedModel

# The baselines that the gates compare with and that metrics.json contains.
STANDARD_BASELINES = ("mean", "untuned_xgboost")
# XGBoost's own defaults: 100 rounds, depth 6, learning rate 0.3.
UNTUNED_ROUNDS, UNTUNED_MAX_BIN = 100, 256
# scikit-learn's baselines are fitted on a seeded sample if there are more training rows.
MAX_ROWS = 100_000
# One-hot columns per category; the remaining values share one.
MAX_VALUES = 50
# scikit-learn's histograms have that many bins for categories; a feature with more is treated as a number.
MAX_BINS = 255
# Newton's method solves for classes x columns coefficients at once, and a step costs their square per row: some twenty
# seconds at most. Above these limits logistic regression is left out.
MAX_COEFFICIENTS, MAX_WORK = 2_000, 5 * 10**10
ALPHAS = tuple(10.0**exponent for exponent in range(-3, 6))
NEIGHBOURS = 10
# Only against columns that determine each other; scikit-learn's default of 1 would predict close to the mean rate.
POISSON_ALPHA = 1e-4


def baseline_predictions(
    model: SavedModel, train: Rows, test: Rows, coordinates: tuple[str, str] | None, seed: int
) -> dict[str, Predictions]:
    """Predictions of the test rows by the name of the baseline: numbers (rows,) or probabilities (rows, classes)."""
    types, n_classes = model.features.types, model.target.n_classes
    units, y_all, weight_all = np.ones(len(test)), train.y, train.weight
    if train.exposure is not None and test.exposure is not None:
        units, y_all = test.exposure, train.y / train.exposure
        weight_all = train.exposure if train.weight is None else train.weight * train.exposure
    predictions = {
        "mean": mean_prediction(y_all, len(test), n_classes, weight_all),
        "untuned_xgboost": untuned_xgboost(model, train, test, seed),
    }
    sample = sample_rows(len(train), MAX_ROWS, seed)
    x, y, weight = train.x[sample], y_all[sample], selected(weight_all, sample)
    with threadpool_limits(limits=1):
        if train.exposure is not None:
            predictions["poisson_regression"] = poisson_regression(x, y, test.x, types, weight)
        elif (linear_predictions := linear(x, y, test.x, types, n_classes, weight)) is not None:
            predictions["logistic_regression" if n_classes else "ridge"] = linear_predictions
        predictions["untuned_sklearn"] = untuned_sklearn(
            *(x, y, test.x, types, n_classes, seed, weight), of_rates=train.exposure is not None
        )
        if coordinates is not None:
            positions = _positions(train.frame, coordinates)
            medians = np.nan_to_num(np.nanmedian(positions, axis=0))
            filled = [
                np.where(np.isnan(points), medians, points)
                for points in (positions[sample], _positions(test.frame, coordinates))
            ]
            predictions["nearest_neighbours"] = nearest_neighbours(filled[0], y, filled[1], n_classes)
    if train.exposure is None:
        return predictions
    # XGBoost got the exposure itself
    return {name: each if name == "untuned_xgboost" else each * units for name, each in predictions.items()}


def mean_prediction(y: Vector, n_rows: int, n_classes: int, weight: Vector | None = None) -> Predictions:
    """The same prediction for every row: the mean, or the shares of the classes.

    Shares are smoothed by Laplace's rule of succession, (count + 1) / (rows + classes), which is their posterior mean
    under a uniform prior (Gelman et al. 2013, Bayesian Data Analysis, section 3.4). A class without a training row is
    rare, not impossible: with a share of 0 its first test row would add so much log loss that a useless model wins.
    """
    if not n_classes:
        return np.full(n_rows, mean(y, weight))
    counts = np.bincount(y.astype(np.int64), weights=weight, minlength=n_classes)
    total = len(y) if weight is None else counts.sum()
    return np.tile((counts + 1) / (total + n_classes), (n_rows, 1))


def untuned_fitting(fitting: Fitting) -> Fitting:
    """What untuned XGBoost minimises: squared error, or the log loss of classes, as people who set nothing do.

    Where the model predicts only numbers above 0, it is the model's objective: its metric is undefined at 0 and below.
    """
    if fitting.n_classes:
        return Fitting("classes", OBJECTIVES["classes"].metric, fitting.n_classes)
    objective = fitting.objective_class
    if objective.link == "log":
        return Fitting(fitting.objective, objective.metric, variance_power=fitting.variance_power)
    return Fitting()


def untuned_xgboost(model: SavedModel, train: Rows, test: Rows, seed: int) -> Predictions:
    """XGBoost with its defaults, on all training rows."""
    names, types = model.features.names, model.features.types
    fitting, everything = untuned_fitting(model.fitting), np.ones(len(train), dtype=np.bool_)
    fold = Fold(*(train.x, train.y, everything, ~everything, tuple(names), tuple(types)), train.weight, train.exposure)
    booster = fit_rounds(training_matrix(fold, UNTUNED_MAX_BIN, "in_core"), {}, UNTUNED_ROUNDS, seed, fitting)
    margin = None if model.rate is None or test.exposure is None else margins(test.exposure, model.rate)
    return predict(booster, test.x, names, types, fitting, margin).astype(np.float64)


def poisson_regression(x: Matrix, y: Vector, new: Matrix, types: list[str], weight: Vector | None) -> Predictions:
    """Poisson regression of rates, weighted by exposure, with a small penalty; columns as for `linear`."""
    columns = _columns(types)
    encoded = columns.fit_transform(x.astype(np.float64))
    model = PoissonRegressor(alpha=POISSON_ALPHA, solver="newton-cholesky", tol=1e-8, max_iter=100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(encoded, y, sample_weight=weight)
    return np.asarray(model.predict(columns.transform(new.astype(np.float64))), dtype=np.float64)


def linear(
    x: Matrix, y: Vector, new: Matrix, types: list[str], n_classes: int, weight: Vector | None = None
) -> Predictions | None:
    """Ridge regression, its penalty chosen by leave-one-out; for classes logistic regression, its penalty the default.

    Numbers are imputed with the median and standardised, categories are one-hot encoded.

    Logistic regression is fitted by Newton's method to full precision: L-BFGS stops earlier, and rounding could change
    its digits. None where that would take too long.
    """
    columns = _columns(types)
    if not n_classes:
        ridge = RidgeCV(ALPHAS)
        model = make_pipeline(columns, ridge).fit(x.astype(np.float64), y, ridgecv__sample_weight=weight)
        return np.asarray(model.predict(new.astype(np.float64)), dtype=np.float64)
    encoded = columns.fit_transform(x.astype(np.float64))
    size = encoded.shape[1] * (1 if n_classes == 2 else n_classes)
    if size > MAX_COEFFICIENTS or len(y) * size**2 > MAX_WORK:
        return None
    model = LogisticRegression(solver="newton-cholesky", tol=1e-8, max_iter=100)
    return _shares(model, encoded, y, columns.transform(new.astype(np.float64)), n_classes, weight)


def untuned_sklearn(
    x: Matrix,
    y: Vector,
    new: Matrix,
    types: list[str],
    n_classes: int,
    seed: int,
    weight: Vector | None = None,
    *,
    of_rates: bool = False,
) -> Predictions:
    """scikit-learn's histogram gradient boosting with its defaults; of rates with the Poisson deviance."""
    categories = [kind == "c" and _n_codes(x[:, index]) <= MAX_BINS for index, kind in enumerate(types)]
    # It treats a value that no training row has as missing, as XGBoost does.
    if n_classes:
        classifier = HistGradientBoostingClassifier(
            random_state=seed, categorical_features=categories, early_stopping="auto" if _can_hold_out(y) else False
        )
        return _shares(classifier, x, y, new, n_classes, weight)
    loss = "poisson" if of_rates else "squared_error"
    model = HistGradientBoostingRegressor(loss=loss, random_state=seed, categorical_features=categories)
    model.fit(x, y, sample_weight=weight)
    return np.asarray(model.predict(new), dtype=np.float64)


def nearest_neighbours(
    places: npt.NDArray[np.float64], y: Vector, new: npt.NDArray[np.float64], n_classes: int
) -> Predictions:
    """The ten nearest training rows on the map, weighted by the inverse of their distance.

    Args:
        places: Coordinates of the training rows, shape (rows, 2); the distance is Euclid's in their unit.
        y: Their targets.
        new: Coordinates of the rows to predict.
        n_classes: Classes of the target; 0 for a number.
    """
    settings = {"n_neighbors": min(NEIGHBOURS, len(y)), "weights": "distance"}
    if n_classes:
        return _shares(KNeighborsClassifier(**settings), places, y, new, n_classes)
    return np.asarray(KNeighborsRegressor(**settings).fit(places, y).predict(new), dtype=np.float64)


def _can_hold_out(y: Vector) -> bool:
    """Whether scikit-learn can hold out a tenth of the rows with all classes on both sides."""
    counts = np.unique(y, return_counts=True)[1]
    return bool(counts.min() >= 2 and len(counts) <= len(y) // 10)


def _columns(types: list[str]) -> ColumnTransformer:
    categories = np.array([kind == "c" for kind in types])
    return ColumnTransformer(
        [
            ("numbers", _standardiser(), ~categories),
            ("categories", OneHotEncoder(handle_unknown="ignore", max_categories=MAX_VALUES), categories),
        ],
        sparse_threshold=0,
    )


def _standardiser() -> Pipeline:
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def _n_codes(codes: npt.NDArray[np.float32]) -> int:
    return 0 if np.isnan(codes).all() else int(np.nanmax(codes)) + 1


def _positions(frame: pd.DataFrame, coordinates: tuple[str, str]) -> npt.NDArray[np.float64]:
    return np.column_stack([numbers(frame, column) for column in coordinates])


def _shares(
    model: "LogisticRegression | HistGradientBoostingClassifier | KNeighborsClassifier",
    x: npt.NDArray[np.floating],
    y: Vector,
    new: npt.NDArray[np.floating],
    n_classes: int,
    weight: Vector | None = None,
) -> Predictions:
    """Probabilities of all classes, 0 for classes without a training row."""
    present = np.unique(y).astype(np.int64)
    shares = np.zeros((len(new), n_classes))
    if len(present) < 2:
        shares[:, present] = 1.0
        return shares
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(x, y) if weight is None else model.fit(x, y, sample_weight=weight)
        shares[:, present] = fitted.predict_proba(new)
    return shares
