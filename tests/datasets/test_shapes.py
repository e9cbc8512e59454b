import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, multivariate_normal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skhybrid.datasets import make_moving_shapes, rasterize_tracks
from skhybrid.datasets.moving_shapes import MOTIONS

PAIRS = {"left": "right", "up": "down", "clockwise": "counter-clockwise", "grow": "shrink"}


def clips_of(motion, n_samples=6, **params):
    return make_moving_shapes(n_samples, motions=[motion], **{"random_state": 0, **params})[0]


def mean_step(clips):
    """Mean displacement (right, down) of the light from one frame to the next, in an image without edges."""
    waves = np.fft.fft2(clips[..., 0])
    right, down = (np.angle((w[:, 1:] * w[:, :-1].conj()).sum(axis=1)) for w in (waves[..., 0, 1], waves[..., 1, 0]))
    return -np.column_stack([right, down]) * clips.shape[2] / (2 * np.pi)


# make_moving_shapes


@settings(max_examples=15)
@given(
    n_samples=st.integers(1, 20),
    n_frames=st.integers(2, 5),
    size=st.integers(8, 12),
    noise=st.floats(0, 2),
    random_state=st.integers(0, 2**31),
)
def test_clips_have_their_shape_and_range(n_samples, n_frames, size, noise, random_state):
    X, y = make_moving_shapes(n_samples, n_frames=n_frames, size=size, noise=noise, random_state=random_state)
    assert X.shape == (n_samples, n_frames, size, size, 1)
    assert X.dtype == np.float32
    assert 0 <= X.min() <= X.max() <= 1
    assert y.shape == (n_samples,)


@pytest.mark.parametrize(("motion", "opposite"), PAIRS.items())
@pytest.mark.parametrize("n_frames", [5, 12])
def test_playing_backwards_swaps_the_pairs(motion, opposite, n_frames):
    forwards, backwards = (clips_of(one, noise=0, n_frames=n_frames) for one in (motion, opposite))
    np.testing.assert_array_equal(forwards[:, ::-1], backwards)
    assert not np.array_equal(forwards, backwards)


@pytest.mark.parametrize(
    ("motion", "direction"), [("right", (1, 0)), ("left", (-1, 0)), ("down", (0, 1)), ("up", (0, -1))]
)
def test_directions_are_those_of_the_screen(motion, direction):
    steps = mean_step(clips_of(motion, 50, noise=0) - clips_of(motion, 50, noise=0).min(axis=1, keepdims=True))
    along, across = steps @ direction, steps @ direction[::-1]
    assert 0.4 < along.min() < 0.6
    assert 1.4 < along.max() < 1.6
    assert np.abs(across).max() < 0.1


def test_clockwise_turns_right_on_the_screen():
    clips = clips_of("clockwise", 50, noise=0)
    clips -= clips.min(axis=1, keepdims=True)
    steps = np.stack([mean_step(clips[:, t : t + 2]) for t in range(11)], axis=1)  # (sample, step, right and down)
    before, after = steps[:, :-1], steps[:, 1:]
    turns = before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]  # positive to the right, as y points down
    assert turns.sum(axis=1).min() > 0


def test_growing_shapes_gain_light_but_where_they_start_anew():
    light = clips_of("grow", 50, noise=0).sum(axis=(2, 3, 4))
    gained = np.diff(light, axis=1) > 0
    assert 0.6 < gained.mean() < 0.9
    assert (~gained[:, 1:] & ~gained[:, :-1]).sum() == 0


def frame_statistics(n_samples=400):
    """Light in all, in the left half and in the upper half, of the frames of each motion: each (sample, frame)."""
    for motion in MOTIONS:
        # Another seed for each motion, so that the samples are independent.
        X = clips_of(motion, n_samples, random_state=MOTIONS.index(motion), noise=0)[..., 0]
        yield motion, (X.sum(axis=(2, 3)), X[..., :10].sum(axis=(2, 3)), X[:, :, :10].sum(axis=(2, 3)))


def test_every_frame_has_one_distribution_in_all_classes():
    statistics = dict(frame_statistics())
    p_values = [
        kstest(statistics[motion][i][:, frame], statistics["left"][i][:, 5]).pvalue
        for motion in MOTIONS[1:]
        for i in range(3)
        for frame in (0, 5, 11)
    ]
    assert min(p_values) > 0.05 / len(p_values)


@pytest.mark.parametrize("summary", [lambda X: X.mean(axis=1), lambda X: X[:, 0], lambda X: X[:, -1]])
def test_no_frame_and_no_mean_tells_the_motion(summary):
    X, y = make_moving_shapes(400, random_state=0)
    accuracy = cross_val_score(LogisticRegression(C=0.01), summary(X).reshape(400, -1), y, cv=4).mean()
    assert accuracy < 2 / 8


def test_classes_are_balanced_from_the_first_clip_on():
    _, y = make_moving_shapes(21, n_frames=2, random_state=0)
    for n in range(1, 22):
        counts = [np.sum(y[:n] == motion) for motion in MOTIONS]
        assert max(counts) - min(counts) <= 1


def test_more_clips_begin_with_the_fewer():
    few, many = make_moving_shapes(5, random_state=3), make_moving_shapes(30, random_state=3)
    for a, b in zip(few, many, strict=True):
        np.testing.assert_array_equal(a, b[:5])


def test_what_is_no_motion_is_independent_of_the_class():
    # Half-way, between two frames, all motions are at the same place: with one background the clips share it.
    left, down = (clips_of(motion, n_frames=3, noise=0) for motion in ("left", "down"))
    np.testing.assert_array_equal(left[:, 1], down[:, 1])


def test_noise_has_its_standard_deviation():
    difference = clips_of("left", 40, noise=0.05) - clips_of("left", 40, noise=0)
    inside = difference[(clips_of("left", 40, noise=0) > 0.3) & (clips_of("left", 40, noise=0) < 0.7)]
    assert inside.std() == pytest.approx(0.05, rel=0.02)


def test_shapes_are_of_three_kinds():
    X = clips_of("right", 60, size=40, n_frames=2, noise=0)[:, 0, :, :, 0] > 0.55
    height, width = (X.any(axis=axis).sum(axis=1) for axis in (2, 1))
    filled = X.sum(axis=(1, 2)) / (height * width)
    whole = (height < 30) & (width < 30)  # not cut in two by the image's edges
    kinds = np.digitize(filled[whole], [0.68, 0.9])  # a triangle fills a half, a disc pi / 4
    assert set(kinds) == {0, 1, 2}


def test_random_state_decides_all_and_the_global_seed_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (make_moving_shapes(8, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_samples": 0}, "n_samples must be an integer of at least 1, but is 0; "),
        ({"n_frames": 1}, "n_frames must be at least 2, but is 1; pass for example n_frames=2."),
        ({"size": 7}, "size must be at least 8, but is 7; pass for example size=8."),
        ({"noise": -1}, "noise must be a finite number of at least 0 (of a range from 0 to 1), but is -1; "),
        ({"motions": ["left", "jump"]}, "motions must be different ones of 'left', 'right', "),
        ({"motions": ["left", "left"]}, "motions must be different ones of 'left', 'right', "),
        ({"motions": []}, "motions must be different ones of 'left', 'right', "),
    ],
)
def test_moving_shapes_refuses(params, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make_moving_shapes(**params)


# rasterize_tracks


@settings(max_examples=25)
@given(
    track=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=4),
    size=st.integers(2, 9),
    sigma=st.floats(0.5, 3),
    scale=st.floats(0.25, 2),
)
def test_spots_are_gaussian(track, size, sigma, scale):
    X = rasterize_tracks([track], size=size, sigma=sigma, scale=scale)
    rows, columns = np.indices((size, size))
    for frame, (x, y) in zip(X[0], track, strict=True):
        middle = [(np.clip(v, -scale, scale) / scale + 1) / 2 * (size - 1) for v in (y, x)]
        density = multivariate_normal(middle, sigma**2).pdf(np.dstack([rows, columns])) * 2 * np.pi * sigma**2
        np.testing.assert_allclose(frame[..., 0], density, atol=1e-6)


@pytest.mark.parametrize(
    ("place", "row", "column"),
    [((0, 0), 2, 2), ((0.5, 0), 2, 4), ((0, 0.5), 4, 2), ((-0.25, 0.25), 3, 1), ((9, -9), 0, 4)],
)
def test_spot_is_where_the_point_is(place, row, column):
    X = rasterize_tracks([[place]], size=5)
    assert np.unravel_index(X.argmax(), X.shape) == (0, 0, row, column, 0)
    assert X.max() == 1
    assert X.dtype == np.float32


@pytest.mark.parametrize(
    ("tracks", "params", "message"),
    [
        (np.zeros((3, 16)), {}, "tracks must have shape (n_samples, n_frames, 2), but has (3, 16); "),
        (np.zeros((3, 16, 3)), {}, "tracks must have shape (n_samples, n_frames, 2), but has (3, 16, 3); "),
        ([[[0, np.nan]]], {}, "tracks must hold finite numbers, but holds NaN (first in row 0, "),
        ([[[0, 0]]], {"size": 0}, "size must be an integer of at least 1, but is 0; "),
        ([[[0, 0]]], {"sigma": 0}, "sigma must be a positive number (pixels), but is 0; pass for example sigma=1.0."),
        ([[[0, 0]]], {"scale": -1}, "scale must be a positive number (the unit of the tracks), but is -1; "),
    ],
)
def test_rasterize_tracks_refuses(tracks, params, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        rasterize_tracks(tracks, **params)


@pytest.mark.real_data
def test_real_tracks_start_in_the_middle_and_are_seen_in_every_frame(shared_data):
    with np.load(shared_data / "fingertip_gesture_tracks.npz") as data:
        X = rasterize_tracks(data["X"][:50], size=25)
    assert X.shape == (50, 16, 25, 25, 1)
    np.testing.assert_array_equal(X[:, 0].reshape(50, -1).argmax(axis=1), 12 * 25 + 12)
    assert X.max(axis=(2, 3, 4)).min() > np.exp(-0.25)  # no spot is further than half a pixel from a pixel's middle
