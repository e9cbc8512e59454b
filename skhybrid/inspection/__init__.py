"""What a fitted network has learned to look at.

Each function takes a fitted network, or what is around one: a pipeline that ends in it, a search over it, a
:class:`WindowedRegressor` or a ``TransformedTargetRegressor``. X is what that estimator's `predict` takes. Keras is
imported inside the functions, which meet it in a fitted network: the displays need none of it.
"""

from skhybrid.inspection._network import reach_network, read_windows
from skhybrid.inspection.attributions import name_output, saliency, saliency_table
from skhybrid.inspection.field import map_steps, receptive_field
from skhybrid.inspection.maps import feature_maps, filters

__all__ = [
    "feature_maps",
    "filters",
    "map_steps",
    "reach_network",
    "read_windows",
    "receptive_field",
    "name_output",
    "saliency",
    "saliency_table",
]
