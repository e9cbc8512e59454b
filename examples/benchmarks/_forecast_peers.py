"""The models of `forecasts.py` that are other packages'."""

STATISTICAL = {}
BOOSTED = {}
NEURAL = {}
