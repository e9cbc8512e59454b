"""Video drawn from recorded tracks."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhybrid._validation import check_finite, check_positive_int


def rasterize_tracks(
    tracks: ArrayLike, *, size: int = 24, sigma: float = 1.0, scale: float = 0.5
) -> NDArray[np.float32]:
    """Draw the track of a point as a clip: one frame for each step, with a soft spot where the point is.

    Parameters
    ----------
    tracks : array-like of shape (n_samples, n_frames, 2)
        Places of the point, x to the right and y down, with (0, 0) in the middle of the image.
    size : int, default=24
        Height and width of a frame in pixels.
    sigma : float, default=1.0
        Standard deviation of the spot, a Gaussian, in pixels.
    scale : float, default=0.5
        Value of a coordinate at the outermost pixels: the image shows -scale to scale. It is the same for all
        clips, so that long tracks stay long; a point further out is drawn at the border.

    Returns
    -------
    X : ndarray of shape (n_samples, n_frames, size, size, 1)
        Clips, (sample, frame, row, column, channel), float32; 1 where the point is, and nearly 0 far from it.

    Raises
    ------
    ValueError
        If `tracks` has another shape or is not finite, or a parameter is not positive.

    See Also
    --------
    make_moving_shapes : Simulated clips.

    Examples
    --------
    >>> from skhybrid.datasets import rasterize_tracks
    >>> X = rasterize_tracks([[[-0.5, 0.0], [0.0, 0.0], [0.5, 0.0]]], size=5, sigma=0.5)
    >>> X.shape
    (1, 3, 5, 5, 1)
    >>> X[0, :, 2, :, 0].round(2)  # the middle row of each frame
    array([[1.  , 0.14, 0.  , 0.  , 0.  ],
           [0.  , 0.14, 1.  , 0.14, 0.  ],
           [0.  , 0.  , 0.  , 0.14, 1.  ]], dtype=float32)
    """
    places = _check_tracks(tracks)
    size = check_positive_int(size, "size")
    _check_positive(sigma, "sigma", "pixels")
    _check_positive(scale, "scale", "the unit of the tracks")
    middles = (np.clip(places / scale, -1, 1) + 1) / 2 * (size - 1)  # in pixels
    distances = np.arange(size) - middles[..., np.newaxis]  # (sample, frame, x or y, pixel)
    spots = np.exp(-((distances / sigma) ** 2) / 2).astype(np.float32)
    columns, rows = spots[:, :, 0], spots[:, :, 1]
    return (rows[..., np.newaxis] * columns[..., np.newaxis, :])[..., np.newaxis]


def _check_tracks(tracks: ArrayLike) -> NDArray[np.float64]:
    places = np.asarray(tracks, dtype=float)
    if places.ndim != 3 or places.shape[2] != 2:
        raise ValueError(
            f"tracks must have shape (n_samples, n_frames, 2), but has {places.shape}; "
            "pass x and y of one point for each frame."
        )
    check_finite(places, "tracks")
    return places


def _check_positive(value: Any, name: str, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise ValueError(f"{name} must be a positive number ({unit}), but is {value!r}; pass for example {name}=1.0.")
