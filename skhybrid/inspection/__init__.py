"""What a fitted network has learned to look at."""

from skhybrid.inspection.network import (
    feature_maps,
    filters,
    map_steps,
    reach_network,
    read_windows,
    receptive_field,
    saliency,
    saliency_table,
)

__all__ = [
    "feature_maps",
    "filters",
    "map_steps",
    "reach_network",
    "read_windows",
    "receptive_field",
    "saliency",
    "saliency_table",
]
