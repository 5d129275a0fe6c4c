"""Curves of C against R: lines, fronts, hulls and crossings against brute force."""

import numpy as np
from scipy.spatial import ConvexHull

from labelinfo.curves import (
    Curve,
    crossing_rate,
    interpolate,
    interpolate_error,
    lower_hull,
    pareto_front,
)


def test_the_front_is_what_nothing_beats():
    random = np.random.default_rng(0)
    rates, distortions = random.random((2, 40)).round(1)
    kept = set(pareto_front(rates, distortions))
    seen = set()
    for i in range(40):
        beaten = any(
            rates[j] <= rates[i]
            and distortions[j] <= distortions[i]
            and (rates[j], distortions[j]) != (rates[i], distortions[i])
            for j in range(40)
        )
        point = (rates[i], distortions[i])
        if not beaten and point not in seen:
            seen.add(point)
            assert any((rates[k], distortions[k]) == point for k in kept)
        if beaten:
            assert i not in kept
    assert len(kept) == len(seen)


def test_a_curve_is_straight_between_its_points_and_known_nowhere_else():
    curve = Curve(np.array([2.0, 4.0]), np.array([1.5, 1.0]))
    values = interpolate(curve, np.array([1.0, 3.0, 5.0]))
    assert values[1] == 1.25
    assert np.isnan(values[[0, 2]]).all()
    assert interpolate(curve, np.array([5.0]), flat=True).tolist() == [1.0]
    assert np.isnan(interpolate(Curve(np.empty(0), np.empty(0)), np.array([1.0]))).all()


def test_the_hull_is_scipys_lower_one():
    random = np.random.default_rng(1)
    for _ in range(20):
        rates = random.random(30) * 80
        distortions = 2 * random.random(30)
        points = np.column_stack([[*rates, 0, 80], [*distortions, 2, 0]])
        # all above the line is out of it
        whole = ConvexHull(np.vstack([points, [[80, 2]]])).vertices
        expected = {i for i in whole if i < 30 and points[i, 1] < 2 - points[i, 0] / 40}
        assert set(lower_hull(rates, distortions, 2.0, (80.0, 0.0))) == expected


def test_points_that_random_discarding_beats_are_not_on_the_hull():
    rates, distortions = np.array([40.0, -1.0, 90.0, 20.0]), np.array([1.1, 0.1, 0.0, 2.5])
    assert lower_hull(rates, distortions, 2.0, (80.0, 0.0)).tolist() == []
    assert lower_hull(np.array([40.0]), np.array([0.9]), 2.0, (80.0, 0.0)).tolist() == [0]


def test_without_an_end_the_hull_stops_at_the_smallest_c():
    rates = np.array([10.0, 20.0, 40.0, 30.0, 15.0])
    distortions = np.array([1.0, 0.5, 0.6, 0.45, 0.9])
    # 15 lies above the line from 10 to 20, and 40 above the smallest C at 30
    assert lower_hull(rates, distortions, 2.0).tolist() == [0, 1, 3]
    assert lower_hull(np.array([10.0]), np.array([2.1]), 2.0).tolist() == []


def test_the_error_between_two_points_is_no_smaller_than_that_of_their_mean():
    curve = Curve(np.array([0.0, 2.0]), np.array([2.0, 1.0]), np.array([0.0, 0.4]))
    assert interpolate_error(curve, np.array([0.0, 1.0, 2.0, 9.0])).tolist() == [0, 0.2, 0.4, 0.4]
    exact = Curve(np.array([0.0, 2.0]), np.array([2.0, 1.0]))
    assert interpolate_error(exact, np.array([1.0])).tolist() == [0]


def test_the_crossing_is_the_first_rate_of_that_c():
    curve = Curve(np.array([0.0, 10.0, 20.0, 30.0]), np.array([2.0, 1.0, 0.5, 0.7]))
    assert crossing_rate(curve, 0.75) == 15.0
    assert crossing_rate(curve, 0.5) == 20.0
    assert crossing_rate(curve, 2.0) == 0.0
    assert np.isnan(crossing_rate(curve, 0.4))
