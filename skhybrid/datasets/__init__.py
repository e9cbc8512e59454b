"""Data to learn from: simulated and rasterised, and a reader of series that says what is wrong with a file."""

from skhybrid.datasets.moving_shapes import make_moving_shapes
from skhybrid.datasets.power_usage import make_power_usage
from skhybrid.datasets.sales import make_sales
from skhybrid.datasets.series import read_series
from skhybrid.datasets.tracks import rasterize_tracks

__all__ = ["make_moving_shapes", "make_power_usage", "make_sales", "rasterize_tracks", "read_series"]
