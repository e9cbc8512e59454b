"""Pictures in the manner of scikit-learn's displays: each stores arrays, and draws them with `plot`."""

from skhybrid.displays.comparison import ComparisonDisplay
from skhybrid.displays.feature_maps import FeatureMapDisplay
from skhybrid.displays.filters import FilterDisplay
from skhybrid.displays.forecast import ForecastDisplay
from skhybrid.displays.saliency import SaliencyDisplay
from skhybrid.displays.training import TrainingDisplay
from skhybrid.displays.windows import WindowDisplay

__all__ = [
    "ComparisonDisplay",
    "FeatureMapDisplay",
    "FilterDisplay",
    "ForecastDisplay",
    "SaliencyDisplay",
    "TrainingDisplay",
    "WindowDisplay",
]
