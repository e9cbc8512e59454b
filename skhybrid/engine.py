"""What a program may ask of the training engine, and set before TensorFlow starts.

Nothing here is needed: the package compiles and forgets programs by itself, and leaves TensorFlow as it finds it.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from skhybrid._validation import check_positive_int


def count_builds() -> int:
    """Return how many graphs have been compiled in this process.

    A network has one graph to train, one to predict and, with early stopping, one to evaluate; all fits of it, in all
    threads, share them, whatever the data's length, the batch size, the learning rate or the seed.

    Returns
    -------
    n_builds : int
        Number of graphs; it never falls.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, make_windows
    >>> from skhybrid.engine import count_builds
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> _ = CNNLSTMRegressor(filters=4, units=4, epochs=1, random_state=0).fit(X, y)
    >>> before = count_builds()
    >>> _ = CNNLSTMRegressor(filters=4, units=4, epochs=1, random_state=1).fit(X[:50], y[:50])
    >>> count_builds() - before
    0
    """
    from skhybrid import _training  # here and below: without TensorFlow until it is needed

    return _training.count_builds()


def clear_caches() -> None:
    """Forget all compiled programs; the next fit compiles anew.

    Otherwise the 64 programs last used are kept, and when there are more, half of them. Results do not depend on what
    is kept. With the programs TensorFlow's cache of kernels is emptied, as ``tf.random.set_seed`` does: an eager random
    operation that was given a seed of its own starts again.

    Examples
    --------
    >>> from skhybrid.engine import clear_caches
    >>> clear_caches()
    """
    from skhybrid import _training

    _training.clear_caches()


def configure_tensorflow(
    *,
    intra_op_threads: int | None = None,
    inter_op_threads: int | None = None,
    xla_flags: Sequence[str] = (),
    xla_cache: str | os.PathLike[str] | None = None,
) -> None:
    """Import TensorFlow with other thread pools or options of XLA, which then hold for the whole process.

    The defaults serve: a compiled program runs in the thread that calls it, and only large products, LSTMs over long
    windows and predictions of more than 1008 samples are shared out over threads. Set ``intra_op_threads=1`` to keep a
    machine's other cores free, or where many processes (``n_jobs=-1``) share it: nothing is shared out then, and
    results may change in the last digits. The options of XLA matter to networks of yours that Keras compiles by it
    (``jit_compile=True``); this package's programs do without.

    Parameters
    ----------
    intra_op_threads : int, default=None
        Threads that share one operation; None leaves it as it is.

    inter_op_threads : int, default=None
        Threads that run operations side by side, in Keras' own loops; None leaves it as it is.

    xla_flags : sequence of str, default=()
        Flags to add to the environment variable XLA_FLAGS, such as ``"--xla_backend_optimization_level=1"``.

    xla_cache : path-like, default=None
        Folder in which XLA keeps what it has compiled, for later processes; added to TF_XLA_FLAGS. Child processes
        inherit both variables.

    Raises
    ------
    RuntimeError
        If TensorFlow has already been imported, by `import tensorflow` or by importing an estimator.

    ValueError
        If a number of threads is not a positive integer.

    Examples
    --------
    >>> from skhybrid.engine import configure_tensorflow
    >>> configure_tensorflow(intra_op_threads=1)  # doctest: +SKIP
    """
    for name, n_threads in (("intra_op_threads", intra_op_threads), ("inter_op_threads", inter_op_threads)):
        if n_threads is not None:
            check_positive_int(n_threads, name)
    if "tensorflow" in sys.modules:
        raise RuntimeError(
            "configure_tensorflow must be called before TensorFlow is imported, but it already is; call it at the top "
            "of the program, before `import tensorflow` and before any estimator is imported."
        )
    _add_flags("XLA_FLAGS", xla_flags)
    if xla_cache is not None:
        _add_flags("TF_XLA_FLAGS", [f"--tf_xla_persistent_cache_directory={Path(xla_cache).resolve()}"])
    from skhybrid._backend import tf

    if intra_op_threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(intra_op_threads)
    if inter_op_threads is not None:
        tf.config.threading.set_inter_op_parallelism_threads(inter_op_threads)


def _add_flags(variable, flags):
    """Add flags to an environment variable that holds flags."""
    if flags:
        os.environ[variable] = " ".join([*os.environ.get(variable, "").split(), *flags])
