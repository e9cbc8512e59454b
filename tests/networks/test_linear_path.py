"""The linear path beside a network, against one written by hand."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid.networks.linear_path import add_linear_path, find_segment_length, place, set_gate, set_linear_path

N, F, STEPS, INPUTS = 7, 3, 5, 2


def make_model(n_outputs=STEPS, *, n_quantiles=1, has_ahead=True, **options):
    """Return a model whose network is a copy of its first input, and whose path reads the others."""
    of_network = keras.Input((n_outputs * n_quantiles,))
    features, ahead = keras.Input((F,)), keras.Input((STEPS, INPUTS))
    outputs = add_linear_path(
        of_network, features, ahead if has_ahead else None, n_outputs=n_outputs, seed=3, **options
    )
    return keras.Model([of_network, features, ahead] if has_ahead else [of_network, features], outputs)


def make_data(n_outputs=STEPS, n_quantiles=1):
    rng = np.random.default_rng(0)
    shapes = [(N, n_outputs * n_quantiles), (N, F), (N, STEPS, INPUTS)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def give_coefficients(model, n_outputs, segment_length):
    """Give a path coefficients, those of other segments' inputs being 0, and return them."""
    rng = np.random.default_rng(1)
    of_features, bias = rng.normal(size=(F, n_outputs)), rng.normal(size=n_outputs)
    of_ahead = rng.normal(size=(STEPS, INPUTS, n_outputs))
    if segment_length is not None:
        for step in range(STEPS):
            for output in range(n_outputs):
                of_ahead[step, :, output] *= step // segment_length == output // segment_length
    of_ahead = of_ahead.reshape(-1, n_outputs)
    set_linear_path(model, of_features, of_ahead, bias, segment_length)
    return of_features, of_ahead, bias


@pytest.mark.parametrize(("n_outputs", "segment_length"), [(5, None), (2, None), (5, 2), (5, 1), (5, 5), (5, 3)])
def test_path_is_linear_in_features_and_inputs_of_the_segment(n_outputs, segment_length):
    model = make_model(n_outputs, segment_length=segment_length, trainable=False)
    of_features, of_ahead, bias = give_coefficients(model, n_outputs, segment_length)
    gate = np.linspace(0, 1, n_outputs)
    set_gate(model, gate)
    of_network, features, ahead = data = make_data(n_outputs)
    expected = of_network * gate + features @ of_features + ahead.reshape(N, -1) @ of_ahead + bias
    np.testing.assert_allclose(model(data), expected, atol=2e-6)


@pytest.mark.parametrize(
    ("options", "n_weights"),
    [
        ({}, 5 * 3 + 5 + 5 * 2 * 5),
        ({"segment_length": 2}, 5 * 3 + 5 + 3 * (2 * 2) * 2),  # three segments, of which one step is surplus
        ({"has_ahead": False}, 5 * 3 + 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("trainable", [True, False])
def test_numbers_of_weights(options, n_weights, trainable):
    model = make_model(trainable=trainable, **options)
    assert model.count_params() == n_weights + (0 if trainable else 5)
    assert sum(w.shape.num_elements() for w in model.trainable_weights) == (n_weights if trainable else 0)


def test_trained_path_starts_from_the_seed_and_the_closed_form_from_zeros():
    data = make_data()
    first, again = make_model(), make_model()
    np.testing.assert_array_equal(first(data), again(data))
    assert np.abs(first(data) - data[0]).max() > 0.1
    np.testing.assert_array_equal(make_model(trainable=False)(data), data[0])  # the gate is open


def test_path_adds_to_the_median():
    data = make_data(n_quantiles=3)
    model = make_model(n_quantiles=3, median=1, trainable=False)
    _, _, bias = give_coefficients(model, STEPS, None)
    added = (np.asarray(model(data)) - data[0]).reshape(N, STEPS, 3)
    alone = make_model(trainable=False)
    give_coefficients(alone, STEPS, None)
    expected = alone([0 * data[0][:, :STEPS], *data[1:]])
    np.testing.assert_allclose(added[..., 1], expected, atol=2e-6)
    np.testing.assert_allclose(added[..., [0, 2]], 0, atol=1e-6)
    assert bias.all()


@pytest.mark.parametrize(("n_quantiles", "median"), [(1, 0), (3, 0), (3, 2), (5, 2)])
def test_outputs_are_placed_among_zeros(n_quantiles, median):
    outputs = np.arange(1.0, 9).reshape(2, 4).astype(np.float32)
    placed = np.asarray(place(outputs, n_quantiles, median)).reshape(2, 4, n_quantiles)
    np.testing.assert_array_equal(placed[..., median], outputs)
    assert np.count_nonzero(placed) == 8


@pytest.mark.parametrize(
    ("parameters", "length"),
    [
        ({}, None),
        ({"decoder": "dense", "segment_length": 3}, None),
        ({"decoder": "segments", "segment_length": 3}, 3),
        ({"decoder": "segments", "segment_length": 30}, 10),
        ({"decoder": "segments"}, 10),  # a day of hours, but no more than there are
        ({"decoder": "segments", "kernel_size": 4}, 4),
        ({"decoder": "segments", "kernel_size": (4, 2)}, 4),
        ({"decoder": "segments", "kernel_size": 4, "filters": ()}, 10),
    ],
    ids=str,
)
def test_segments_are_as_long_as_the_decoder_makes_them(parameters, length):
    assert find_segment_length(parameters, 10) == length
