"""The nearest points, ties resolved by their order."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lockstep.features.base import Numbers

Positions = npt.NDArray[np.int64]

# Points asked for beyond those needed, to see whether there is a tie at the border.
BEYOND = 4


def nearest(tree: cKDTree, queries: Numbers, k: int, own: Positions) -> tuple[Numbers, Positions]:
    """Each query's k nearest points in order of (distance, position).

    What a query gets depends on no other query. Where a tie goes across the border, more points are asked for until
    all of the tie are known.

    Args:
        tree: The points.
        queries: Complete coordinates, shape (queries, dimensions).
        k: Number of neighbours, at least 1.
        own: Position among the points that each query must not find, -1 for none; shape (queries,).

    Returns:
        Distances and positions, both (queries, k); infinity and `tree.n` where there are fewer points.
    """
    distances, positions = np.full((len(queries), k), np.inf), np.full((len(queries), k), tree.n, dtype=np.int64)
    pending, asked = np.arange(len(queries)), min(k + 1 + BEYOND, tree.n)
    while len(pending) and tree.n:
        far, found = tree.query(queries[pending], k=np.arange(1, asked + 1))
        border = far[:, -1].copy()
        itself = found == own[pending, np.newaxis]
        far[itself], found[itself] = np.inf, tree.n
        order = np.lexsort((found, far), axis=1)[:, :k]
        distances[pending, : order.shape[1]] = np.take_along_axis(far, order, axis=1)
        positions[pending, : order.shape[1]] = np.take_along_axis(found, order, axis=1)
        if asked == tree.n:
            break
        pending, asked = pending[border <= distances[pending, -1]], min(2 * asked, tree.n)
    return distances, positions


def first_copies(points: Numbers, most: int) -> npt.NDArray[np.bool_]:
    """Which points are among the first `most` of those with equal coordinates, shape (points,).

    A query's k nearest by (distance, position), itself left out, are all among the first k + 1 copies; without the
    others a tree stays fast where thousands of points coincide.
    """
    if not len(points):
        return np.zeros(0, dtype=bool)
    place = np.unique(points, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(place[order]) != 0])
    copies = np.diff(np.r_[starts, len(points)])
    number = np.empty(len(points), dtype=np.int64)
    number[order] = np.arange(len(points)) - np.repeat(starts, copies)
    kept: npt.NDArray[np.bool_] = number < most
    return kept
