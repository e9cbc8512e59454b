"""X as the networks read it: what is unknown, which samples train, and how they are split."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhybrid import CNNLSTMRegressor, DenseRegressor
from skhybrid.estimators._samples import find_usable, read_frames, read_sequences, split_in_time
from tests.helpers import altered

N = 44
NAN = np.nan


@pytest.fixture
def samples():
    """Three samples of 4 steps: one known as a whole, one that starts late, and one that ends early."""
    X = np.arange(24.0).reshape(3, 4, 2)
    X[1, :2] = NAN
    X[2, 3:] = NAN
    return read_sequences(X)


def test_unknown_steps_are_counted_at_both_ends(samples):
    assert samples.n_before.tolist() == [0, 2, 0]
    assert samples.n_after.tolist() == [0, 0, 1]


def test_first_known_step_is_repeated_before_it(samples):
    filled = samples.fill()
    np.testing.assert_array_equal(filled[0], samples.values[0])
    np.testing.assert_array_equal(filled[1], [[12, 13], [12, 13], [12, 13], [14, 15]])
    np.testing.assert_array_equal(filled[2], samples.values[2])
    assert np.isnan(samples.values[1, :2]).all()  # the user's array is as it was


def test_samples_known_from_their_start_are_not_copied(samples):
    known = samples._replace(n_before=np.zeros(3, dtype=int))
    assert known.fill() is known.values


def test_subsequences_are_counted_and_filled_as_one_window(samples):
    nested = read_sequences(samples.values.reshape(3, 2, 2, 2))
    np.testing.assert_array_equal(nested.n_before, samples.n_before)
    np.testing.assert_array_equal(nested.n_after, samples.n_after)
    np.testing.assert_array_equal(nested.windows, samples.values)
    np.testing.assert_array_equal(nested.fill(), samples.fill().reshape(3, 2, 2, 2))


def test_frames_are_known_as_a_whole():
    values = np.full((2, 3, 3, 1), NAN)
    samples = read_frames(values)
    assert samples.values is values
    assert samples.n_before.tolist() == samples.n_after.tolist() == [0, 0]


@pytest.mark.parametrize(("given", "expected"), [(None, [1, 0, 1]), ([2, 3, 0.5], [2, 0, 0.5])])
def test_samples_without_a_past_have_no_weight(samples, given, expected):
    assert samples.weigh(given).tolist() == expected


def test_norm_of_none_is_none(samples):
    assert samples.learn_norm(None, np.arange(3)) is None


def test_norm_is_learned_of_some_samples():
    X = np.zeros((3, 4, 1))
    X[0, :, 0], X[1, :, 0], X[2, :, 0] = [0, 2, 4, 6], [0, 2, 4, 6], [0, 1e6, 0, 0]
    samples = read_sequences(X)
    norm = samples.learn_norm("last", np.array([0, 1]))
    other = samples.learn_norm("last", np.arange(3))
    assert norm.channel_scale[0] < 10 < other.channel_scale[0]


# Which samples train


def test_samples_with_a_weight_are_usable():
    assert find_usable(np.array([0, 2.0, 0, 1e-9])).tolist() == [1, 3]


def test_no_usable_sample_is_refused():
    with pytest.raises(
        ValueError, match=r"at least one complete window, but all 3 start with NaN .* smaller window_length"
    ):
        find_usable(np.zeros(3))


@pytest.mark.parametrize(
    ("n_rows", "share", "gap", "training", "validation"),
    [
        (10, 0.2, 0, range(8), (8, 9)),
        (10, 0.2, 3, range(5), (8, 9)),
        (10, 0.25, 0, range(8), (8, 9)),  # half a sample is rounded to an even number
        (10, 0.1, 7, (0, 1), (9,)),
        (3, 1 / 3, 0, (0, 1), (2,)),
    ],
)
def test_last_samples_validate_and_a_gap_is_left_out(n_rows, share, gap, training, validation):
    rows = 10 + 2 * np.arange(n_rows)  # numbers of samples, not positions
    (parts,) = split_in_time(rows, share, gap)
    assert [part.tolist() for part in parts] == [[10 + 2 * i for i in part] for part in (training, validation)]


@settings(max_examples=60)
@given(st.integers(1, 60), st.floats(0.02, 0.6), st.integers(0, 9), st.integers(1, 5))
def test_parts_are_held_out_one_before_the_other(n_rows, share, gap, n_folds):
    rows = 3 + 2 * np.arange(n_rows)  # numbers of samples, not positions
    size, end = round(share * n_rows), n_rows
    if size < 1 or n_rows - n_folds * size - gap < 2:
        with pytest.raises(ValueError, match="needs at least 2 samples to train on and 1 to validate on, but of"):
            split_in_time(rows, share, gap, n_folds=n_folds)
        return
    folds = split_in_time(rows, share, gap, n_folds=n_folds)
    assert len(folds) == n_folds
    for known, held_out in folds:
        assert held_out.tolist() == [3 + 2 * i for i in range(end - size, end)]
        assert known.tolist() == [3 + 2 * i for i in range(end - size - gap)]
        end -= size


def test_too_few_samples_for_the_parts_are_refused():
    words = (
        "linear_path='ridge' needs at least 2 samples to train on and 1 to validate on, but of 10 samples "
        "validation_fraction=0.2, validation_folds=4 and a gap of 1 leave 1 and 2; pass more samples, another "
        "validation_fraction, fewer validation_folds or a smaller validation_gap."
    )
    with pytest.raises(ValueError, match=re.escape(words) + "$"):
        split_in_time(np.arange(10), 0.2, 1, n_folds=4, reason="linear_path='ridge'")


@pytest.mark.parametrize(
    ("n_rows", "options", "words"),
    [
        (4, {}, "of 4 samples validation_fraction=0.1 and a gap of 0 leave 4 and 0; pass more samples"),
        (N, {"validation_gap": 39}, "of 44 samples validation_fraction=0.1 and a gap of 39 leave 1 and 4; pass"),
        (N, {"validation_gap": 99}, "and a gap of 99 leave 0 and 4; pass .* or a smaller validation_gap"),
        (3, {"validation_fraction": 0.6}, "validation_fraction=0.6 and a gap of 0 leave 1 and 2; pass"),
    ],
)
def test_early_stopping_with_too_few_samples_is_refused(data, n_rows, options, words):
    with pytest.raises(ValueError, match=f"early_stopping=True needs at least 2 samples .* and 1 .*{words}"):
        DenseRegressor(early_stopping=True, **options).fit(data[0][:n_rows], data[1][:n_rows])


# As an estimator reads them


@pytest.mark.parametrize("shape", [(N, 6, 2), (N, 12), (N, 3, 2, 2)])
def test_samples_are_read_as_predict_reads_them(data, shape):
    X, y = data
    model = CNNLSTMRegressor(2, kernel_size=2, units=2, epochs=1, n_features=2, random_state=0)
    model.fit(X.reshape(shape), y)
    samples = model.read_samples(X.reshape(shape))
    np.testing.assert_array_equal(samples, X.reshape(N, *model.input_shape_))
    np.testing.assert_array_equal(model.predict(samples.reshape(shape)), model.predict(X.reshape(shape)))


def test_samples_without_a_past_are_read_filled(data, fitted):
    X = data[0].copy()
    X[0, :2] = np.nan
    expected = X.copy()
    expected[0, :2] = X[0, 2]
    np.testing.assert_array_equal(fitted.read_samples(X), expected)


def test_predict_refuses_windows_without_any_known_step(data, fitted):
    with pytest.raises(ValueError, match="but window 3 holds NaN only; leave it out"):
        fitted.predict(altered(data[0], 3, np.nan))
