"""Probabilities and moments of rating categories at given places on the logit scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Thresholds of all scales one after another; scale ``s`` has ``size[s]`` of them."""

    size: np.ndarray
    value: np.ndarray

    @property
    def offset(self) -> np.ndarray:
        """Place of each scale's first threshold."""
        return np.concatenate([[0], np.cumsum(self.size)[:-1]]).astype(int)

    def cumulative(self) -> np.ndarray:
        """Scales x categories: the sum of thresholds up to each; inf beyond a scale's last."""
        table = np.full((len(self.size), int(self.size.max()) + 1), np.inf)
        table[:, 0] = 0.0
        for row, start, size in zip(table, self.offset, self.size, strict=True):
            row[1 : size + 1] = np.cumsum(self.value[start : start + size])
        return table


def weigh(place: np.ndarray, *, cumulative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Categories' probabilities at each place, and the log of what they were divided by.

    P(k) = exp(k place - F_1 - ... - F_k) / total, with ``place`` = object - item - rater;
    ``cumulative`` = ``Thresholds.cumulative`` of each place's scale: categories x places, or x 1.
    Out: categories x places, places. Source: Linacre 1989, Many-Facet Rasch Measurement; Andrich
    1978, Psychometrika 43:561 (rating scale); Masters 1982, Psychometrika 47:149 (partial credit).
    """
    k = np.arange(len(cumulative)).reshape((-1,) + (1,) * place.ndim)
    logits = k * place - cumulative
    most = logits.max(axis=0)
    logits -= most
    np.exp(logits, out=logits)
    total = logits.sum(axis=0)
    logits /= total
    return logits, most + np.log(total)


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of the category at each place."""

    probability: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    above: np.ndarray
    """Thresholds x places: P(category >= k), k = 1, 2, ..."""
    with_above: np.ndarray
    """Covariance of the category with being at least k."""


def moments(probability: np.ndarray) -> Moments:
    """Moments of categories 0, 1, ... (first axis) at each place."""
    k = np.arange(len(probability), dtype=float)
    mean = np.tensordot(k, probability, 1)
    weighted = probability * (k.reshape((-1,) + (1,) * mean.ndim) - mean)
    reach = reached(len(probability))
    above, with_above = (np.tensordot(reach, part, 1) for part in (probability, weighted))
    return Moments(probability, mean, np.tensordot(k, weighted, 1), above, with_above)


def mean_and_variance(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of categories 0, 1, ... (first axis) at each place."""
    k = np.arange(len(probability), dtype=float)
    mean = k @ probability
    return mean, np.maximum(np.square(k) @ probability - np.square(mean), 0.0)


def reached(categories: int) -> np.ndarray:
    """Thresholds x categories: 1 where a category lies above a threshold."""
    return np.triu(np.ones((categories, categories)))[1:]


def start_thresholds(
    code: np.ndarray, *, scale: np.ndarray, categories: Sequence[np.ndarray]
) -> Thresholds:
    """First guess: log odds of neighbouring categories' counts, centred on each scale."""
    size = np.array([max(len(own) - 1, 0) for own in categories])
    parts = []
    for s, steps in enumerate(size):
        counts = np.bincount(code[scale == s], minlength=steps + 1) + 0.5
        own = np.log(counts[:-1] / counts[1:])
        parts.append(own - own.mean() if steps else own)
    return Thresholds(size, np.concatenate(parts))
