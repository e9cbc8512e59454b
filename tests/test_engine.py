"""What a program may ask of the training engine, and set before TensorFlow starts."""

import pytest

from skhybrid._backend import tf
from skhybrid.engine import configure_tensorflow


def test_threads_and_flags_are_set_before_tensorflow_starts(run_python, tmp_path):
    done = run_python(
        """
        import os, sys
        from skhybrid.engine import configure_tensorflow
        assert "tensorflow" not in sys.modules
        configure_tensorflow(intra_op_threads=1, inter_op_threads=2, xla_flags=["--xla_backend_optimization_level=1"],
                             xla_cache=sys.argv[1])
        import tensorflow as tf
        print(tf.config.threading.get_intra_op_parallelism_threads())
        print(tf.config.threading.get_inter_op_parallelism_threads())
        print(os.environ["XLA_FLAGS"])
        tf.function(lambda x: x * 2 + 1, jit_compile=True)(tf.ones(3))
        """,
        tmp_path,
    )
    assert done.stdout.split() == ["1", "2", "--xla_backend_optimization_level=1"], done.stderr
    assert list(tmp_path.iterdir()), "XLA has kept what it compiled"


def test_settings_come_too_late_once_tensorflow_is_imported():
    assert tf.__version__
    with pytest.raises(RuntimeError, match="must be called before TensorFlow is imported, but it already is"):
        configure_tensorflow(intra_op_threads=1)


def test_number_of_threads_is_checked():
    with pytest.raises(ValueError, match="intra_op_threads must be an integer of at least 1, but is 0"):
        configure_tensorflow(intra_op_threads=0)
