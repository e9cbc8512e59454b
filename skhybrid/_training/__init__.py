"""A Keras model and arrays in, a trained model out; knows no estimator."""
