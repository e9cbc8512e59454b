"""What programs serve: all else is left to Keras' own loop. `tests/training/test_served.py` holds each entry equal.

A class on a list stands for itself alone, not for what is derived from it.
"""

from typing import Any

from skhybrid._backend import keras
from skhybrid._training.rates import RateOfEpoch


def _classes(module: Any, names: str) -> frozenset[type]:
    """Return the classes of these names, of which a version of Keras may lack some."""
    return frozenset(getattr(module, name) for name in names.split() if hasattr(module, name))


def _dimensions(*names: str) -> str:
    return " ".join(f"{name}{n}D" for name in names for n in (1, 2, 3))


def _functional() -> type:
    """Return the class of a model made of inputs and outputs, which has no public name."""
    inputs = keras.Input((1,))
    return type(keras.Model(inputs, inputs))


MODELS = frozenset({keras.Sequential, _functional()})
CELLS = frozenset({type(keras.layers.ConvLSTM1D(1, 1).cell)})  # those without a public name
LAYERS = (
    MODELS
    | CELLS
    | _classes(
        keras.layers,
        f"""InputLayer Identity Dense EinsumDense Activation Masking Flatten Permute RepeatVector Reshape Rescaling
    {_dimensions("Conv", "AveragePooling", "MaxPooling", "GlobalAveragePooling", "GlobalMaxPooling")}
    {_dimensions("AdaptiveAveragePooling", "AdaptiveMaxPooling")}
    {_dimensions("Cropping", "UpSampling", "ZeroPadding", "SpatialDropout")}
    Conv1DTranspose Conv2DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    LSTM LSTMCell GRU GRUCell SimpleRNN SimpleRNNCell RNN StackedRNNCells ConvLSTM1D ConvLSTM2D ConvLSTM3D
    Bidirectional TimeDistributed
    BatchNormalization GroupNormalization LayerNormalization RMSNormalization UnitNormalization
    Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
    Dropout GaussianDropout GaussianNoise AlphaDropout ActivityRegularization
    ELU LeakyReLU PReLU ReLU Softmax Add Average Concatenate Dot Maximum Minimum Multiply Subtract""",
    )
)
# Operations of a graph that are no layers: all that compute with numbers, and some that do not.
OPERATIONS_OF_MODULES = frozenset(operation.__module__ for operation in (keras.ops.add, keras.ops.relu, keras.ops.max))
OPERATIONS = ("Cast", "StopGradient")
# Attributes of layers that must be off: they carry state from batch to batch, or train other weights.
LAYERS_OPTIONS_OFF = ("stateful", "synchronized", "lora_enabled")
CONSTRAINTS = _classes(keras.constraints, "MaxNorm MinMaxNorm NonNeg UnitNorm")
REGULARIZERS = _classes(keras.regularizers, "L1 L2 L1L2 OrthogonalRegularizer")

LOSSES = _classes(
    keras.losses,
    """MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh Poisson
    KLDivergence CosineSimilarity Hinge SquaredHinge CategoricalHinge BinaryCrossentropy BinaryFocalCrossentropy
    CategoricalCrossentropy CategoricalFocalCrossentropy""",
)
LOSS_FUNCTIONS = frozenset(loss().fn for loss in LOSSES)
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")

# Metrics that are a mean over rows, or made of one; and functions of Keras' that may be averaged.
METRICS = _classes(
    keras.metrics,
    """MeanMetricWrapper MeanSquaredError RootMeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError
    MeanSquaredLogarithmicError LogCoshError Poisson KLDivergence CosineSimilarity Hinge SquaredHinge CategoricalHinge
    BinaryCrossentropy CategoricalCrossentropy Accuracy BinaryAccuracy CategoricalAccuracy TopKCategoricalAccuracy""",
)
METRIC_FUNCTIONS = LOSS_FUNCTIONS | {
    getattr(keras.metrics, f"{name}_accuracy") for name in ("binary", "categorical", "top_k_categorical")
}

# Optimizers whose rule treats each number alike, so that one flat vector can stand for all weights; then all.
ELEMENTWISE = _classes(keras.optimizers, "SGD RMSprop Adam AdamW Adamax Adagrad Adadelta Ftrl Lion")
OPTIMIZERS = ELEMENTWISE | _classes(keras.optimizers, "Adafactor Lamb")
# Options of optimizers that do other things in some steps than in others, and those that look at a weight as a whole.
OPTIMIZERS_OPTIONS_OFF = ("ema_overwrite_frequency", "gradient_accumulation_steps")
WHOLES = ("clipnorm",)
SCHEDULES = _classes(
    keras.optimizers.schedules,
    "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay",
)
# Callbacks that neither see nor change what the optimizer has gathered, or which weights are trained.
KEEP_TO_WEIGHTS = {RateOfEpoch} | _classes(
    keras.callbacks, "EarlyStopping CSVLogger LearningRateScheduler ReduceLROnPlateau"
)


def keeps_to_weights(callback: type) -> type:
    """Declare that the callbacks of a class are of the kind of `KEEP_TO_WEIGHTS`."""
    KEEP_TO_WEIGHTS.add(callback)
    return callback
