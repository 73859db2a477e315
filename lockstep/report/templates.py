"""The Jinja environment of the pages, which escapes every value, and the formats of values and tables."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from lockstep.metrics.names import metric_label
from lockstep.results.result import byte_size
from lockstep.storage.tables import significant

FOLDER = Path(__file__).parent
MODELS = {
    "constant": "best constant",
    "untuned_xgboost": "untuned XGBoost",
    "poisson_regression": "Poisson regression",
    "tweedie_regression": "Tweedie regression",
    "pseudo_huber_regression": "pseudo-Huber regression",
    "untuned_sklearn": "untuned scikit-learn boosting",
    "nearest_neighbours": "nearest neighbours in space",
}
UNKNOWN = "\N{EN DASH}"
DIGITS = 4


def environment() -> jinja2.Environment:
    """Templates of this folder, autoescaped; an unknown name is an error.

    Pages extend base.html.jinja (blocks: title, nav, content) and take tables and figures from macros.html.jinja.
    """
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "number": number,
        "percent": percent,
        "span": span,
        "metric": metric_label,
        "model": model_name,
        "bytes": byte_size,
        "range": range_text,
        "breakable": breakable,
    }
    return templates


def number(value: Any, digits: int = DIGITS, *, zeros: bool = False) -> str:
    """A number in few digits with thousands separators, without an exponent where readable; a dash for None.

    Args:
        value: The number; text is returned unchanged.
        digits: Significant digits.
        zeros: For scores: a fraction keeps trailing zeros, so that columns line up, and a whole number of more digits
            is rounded, because it is one by chance.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int) or (float(value).is_integer() and not (zeros and abs(value) >= 10**digits)):
        return f"{int(value):,}"
    value = significant(value, digits)
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}" if zeros else f"{value:.{digits}g}"


def percent(share: float | None, digits: int = 3) -> str:
    """A share of 1 as a percentage; a share below 1 is never shown as 100%."""
    if share is None or math.isnan(share):
        return UNKNOWN
    rounded = f"{100 * share:.{digits}g}"
    if share < 1 and float(rounded) >= 100:
        rounded = f"{100 - 10.0 ** (3 - digits):g}"
    return f"{float(rounded):,.{digits}g}%" if share < 10 else f"{100 * share:,.0f}%"


def span(ends: Mapping[str, float | None], digits: int = DIGITS) -> str:
    """The low and the high end of an interval."""
    if ends["low"] is None or ends["high"] is None:
        return UNKNOWN
    return f"{number(ends['low'], digits, zeros=True)} to {number(ends['high'], digits, zeros=True)}"


def model_name(name: str) -> str:
    """Display name of a baseline."""
    return MODELS.get(name, name.replace("_", " "))


def breakable(name: str) -> Markup:
    """A name that may be broken into lines after its underscores."""
    return Markup("_<wbr>").join(name.split("_"))


def range_text(bounds: Mapping[str, Any] | None) -> str:
    """A range of a search space, as in models/search.json."""
    if bounds is None:
        return UNKNOWN
    if "choices" in bounds:
        return ", ".join(str(choice) for choice in bounds["choices"])
    grid = ", log" if bounds.get("log") else f", step {bounds['step']}" if bounds.get("step") else ""
    stops = ", may stop early" if bounds.get("early_stopping") else ""
    return f"{bounds['low']} to {bounds['high']}{grid}{stops}"


def records_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A dict per row; missing values are None, and dates have no time of day if it is midnight."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """The value of a cell for a template."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat(" ")
    return value
