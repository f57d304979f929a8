"""Optimal classes against every partition, published classes, and k-means from many starts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.cluster.vq import kmeans2

from analysis.classes import Classes, class_bic, number_of_classes, optimal_classes

JENKS = [132, 915, 312, 1424, 1240, 1370, 113, 1028, 1078, 416, 963, 359, 1422, 658, 73, 1326]
JENKS += [245, 848, 683, 255, 1223, 253, 654, 736, 1079, 39, 583, 1367, 1237, 327, 1083, 328]
JENKS += [951, 678, 927, 301, 96, 297, 179, 230, 767, 1248, 1, 37, 1352, 1009, 663, 1283, 679, 230]


def classes(values, *, k: int, weights=None) -> Classes:
    values = np.asarray(values, dtype=float)
    given_ = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    return optimal_classes(values, k=k, weights=given_)


def within(values: np.ndarray, weights: np.ndarray) -> float:
    return float(weights @ (values - np.average(values, weights=weights)) ** 2)


def least_within(values: np.ndarray, weights: np.ndarray, k: int) -> float:
    """The least over all ways to cut the distinct values into k runs."""
    distinct = np.unique(values)
    found = []
    for cut in combinations(distinct[1:], k - 1):
        label = np.searchsorted(cut, values, side="right")
        parts = [label == one for one in range(k)]
        found.append(sum(within(values[part], weights[part]) for part in parts))
    return min(found)


scores = st.lists(st.integers(55, 75), min_size=1, max_size=9)


@settings(max_examples=80)
@given(scores, st.data())
def test_no_partition_is_better(values: list[int], data) -> None:
    k = data.draw(st.integers(1, len(set(values))))
    weights = data.draw(st.lists(st.floats(0.1, 9), min_size=len(values), max_size=len(values)))
    x, w = np.array(values, dtype=float), np.array(weights)
    found = classes(x, k=k, weights=w)
    assert found.within.sum() == pytest.approx(least_within(x, w, k), abs=1e-8)
    for one in range(k):
        part = found.label == one
        assert found.cut[one] == x[part].min()
        assert found.centre[one] == pytest.approx(np.average(x[part], weights=w[part]))
        assert found.size[one] == pytest.approx(w[part].sum())
    by_cut = (x[:, None] < found.cut[None, :]).sum(axis=1)
    assert by_cut.tolist() == found.label.tolist()


@settings(max_examples=40)
@given(scores, st.data())
def test_order_shift_scale_and_repetition_change_no_class(values: list[int], data) -> None:
    k = data.draw(st.integers(1, len(set(values))))
    order = data.draw(st.permutations(range(len(values))))
    x = np.array(values, dtype=float)
    base = classes(x, k=k).label
    assert classes(x[order], k=k).label.tolist() == base[order].tolist()
    assert classes(4 * (x - 16), k=k).label.tolist() == base.tolist()
    assert classes(np.repeat(x, 3), k=k).label[::3].tolist() == base.tolist()
    assert classes(x, k=k, weights=np.full(len(x), 3.0)).label.tolist() == base.tolist()


def test_published_natural_breaks() -> None:
    """jenkspy's own test (tests/test_jenks.py): 50 integers, breaks 416, 767, 1083; MIT."""
    found = classes(JENKS, k=4)
    upper = [
        max(v for v, label in zip(JENKS, found.label, strict=True) if label == c)
        for c in (3, 2, 1, 0)
    ]
    assert upper == [416, 767, 1083, 1424]
    assert found.size.tolist() == [11, 10, 9, 20]


def test_published_classes_of_ckmeans() -> None:
    """Ckmeans.1d.dp's own tests (tests/testthat/test_Ckmeans.1d.dp.R): centres, sums, sizes."""
    x = [-3, 2.2, -6, 7, 9, 11, -6.3, 75, 82.6, 32.3, -9.5, 62.5, 7, 95.2]
    found = classes(x, k=8)
    assert found.size.tolist() == [1, 1, 1, 1, 1, 4, 2, 3]
    assert found.within.tolist() == pytest.approx([0] * 5 + [11, 13.52, 7.526666667])
    assert found.centre[-3:].tolist() == pytest.approx([8.5, -0.4, -7.266666667])
    weighted = classes([-1, 2, 4, 5, 6], k=3, weights=[4, 3, 1, 1, 1])
    assert weighted.centre.tolist() == pytest.approx([5, 2, -1])
    assert weighted.within.tolist() == pytest.approx([2, 0, 0])
    halves = classes(range(1, 11), k=2)
    assert halves.centre.tolist() == [8, 3] and halves.within.tolist() == [10, 10]
    cosine = classes(np.cos(np.arange(-10, 11)), k=2)
    assert cosine.centre.tolist() == pytest.approx([0.6751193405, -0.6592474631])
    assert cosine.within.tolist() == pytest.approx([0.6232976959, 1.0564793100])


CHOSEN = [
    ([0.9, 1, 1.1, 1.9, 2, 2.1], None, 0.05, 2),
    ([3.5, 3.6, 3.7, 3.1, 1.1, 0.9, 0.8, 2.2, 1.9, 2.1], None, 0.05, 3),
    (np.cos(np.arange(-10, 11)), None, 0.05, 2),
    (stats.gamma.pdf(np.arange(1, 10.1, 0.5), 2), None, 0.02, 3),
    ([-0.9, 1, 1.1, 1.9, 2, 2.1], [3, 1, 2, 2, 1, 1], 0.05, 3),
]


@pytest.mark.parametrize(("values", "weights", "noise", "expected"), CHOSEN)
def test_published_numbers_of_classes(values, weights, noise: float, expected: int) -> None:
    """What Ckmeans.1d.dp's tests choose between 1 and 9 by BIC, with a floor on the noise."""
    x = np.asarray(values, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    assert number_of_classes(x, most=9, weights=w, noise=noise) == expected


def test_scores_closer_than_their_error_are_one_class() -> None:
    generator = np.random.default_rng(1)
    score = generator.normal(85, 0.5, 40)
    assert number_of_classes(score, most=6, weights=np.ones(40), noise=2.0) == 1
    apart = np.r_[score, score - 30]
    assert number_of_classes(apart, most=6, weights=np.ones(80), noise=2.0) == 2
    assert number_of_classes(np.full(5, 80.0), most=6, weights=np.ones(5), noise=0.1) == 1
    assert len(class_bic(np.array([1.0, 2.0]), most=9, weights=np.ones(2), noise=0.1)) == 2


def test_k_means_from_many_starts_is_never_better_and_often_worse() -> None:
    """Integer scores in five classes: most starts end elsewhere and move a cut."""
    x = np.array([41, 42, 44, 57, 58, 58, 60, 61, 70, 71, 71, 72, 73, 74, 85, 86, 95, 96.0])
    least = classes(x, k=5).within.sum()
    ended = []
    for seed in range(60):
        _, label = kmeans2(x[:, None], 5, minit="++", rng=np.random.default_rng(seed))
        parts = [x[label == one] for one in np.unique(label)]
        ended.append(sum(within(part, np.ones(len(part))) for part in parts))
    assert min(ended) >= least - 1e-9
    assert np.mean(np.array(ended) > least * 1.03) > 0.2


def test_of_equal_optima_the_lower_cut_is_taken() -> None:
    """80, 81, 82 in two classes: 81 joins the upper."""
    found = classes([82.0, 80.0, 81.0], k=2)
    assert found.label.tolist() == [0, 1, 0] and found.cut.tolist() == [81.0, 80.0]


def test_large_scores_keep_their_digits() -> None:
    base = classes(JENKS, k=5)
    moved = classes(np.array(JENKS) + 1e9, k=5)
    assert moved.label.tolist() == base.label.tolist()
    assert moved.within.sum() == pytest.approx(base.within.sum(), rel=1e-6)


@pytest.mark.parametrize(
    ("values", "weights", "k"),
    [
        ([], [], 1),
        ([1.0, 1.0], [1.0, 1.0], 2),
        ([1.0, 2.0], [1.0, 1.0], 0),
        ([1.0, np.nan], [1.0, 1.0], 1),
        ([1.0, 2.0], [1.0, np.inf], 1),
        ([1.0, 2.0], [1.0, 0.0], 1),
        ([1.0, 2.0], [1.0], 1),
    ],
)
def test_what_has_no_classes_is_refused(values, weights, k: int) -> None:
    with pytest.raises(ValueError, match="values|weights|distinct"):
        classes(values, k=k, weights=weights)


def test_noise_must_be_known() -> None:
    for most, noise in ((0, 1.0), (3, 0.0), (3, np.inf)):
        with pytest.raises(ValueError, match="noise"):
            class_bic(np.arange(4.0), most=most, weights=np.ones(4), noise=noise)
