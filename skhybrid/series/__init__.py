"""Rows in time: windows, features and baselines made of them. Nothing here loads TensorFlow."""
