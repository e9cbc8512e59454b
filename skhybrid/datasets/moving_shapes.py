"""Video whose class is a motion."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._validation import check_positive_int
from skhybrid.datasets._parameters import check_not_negative, streams

# Left and right, up and down, and so on: each pair is one motion and its reverse.
MOTIONS = ("left", "right", "up", "down", "clockwise", "counter-clockwise", "grow", "shrink")

_SPEED = (0.5, 1.5)  # pixels a frame
_RADIUS = (0.1, 0.3)  # of the shape, in shares of the image's size
_ORBIT = 0.15  # radius of the circles, in shares of the image's size
_BRIGHTNESS = (0.6, 1.0)
_BACKGROUND = (0.0, 0.4)

# How far (x, y) is from a shape's middle, as a multiple of which the shape of radius 1 is all that is below 1; y points
# down.
_SHAPES: dict[str, Callable[..., NDArray[Any]]] = {
    "square": lambda x, y: np.maximum(abs(x), abs(y)),
    "disc": np.hypot,
    "triangle": lambda x, y: 1.5 * np.maximum(y, np.sqrt(0.75) * abs(x) - y / 2),
}


def make_moving_shapes(
    n_samples: int = 400,
    *,
    n_frames: int = 12,
    size: int = 20,
    noise: float = 0.05,
    motions: Iterable[str] | None = None,
    random_state: Any = None,
) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Simulate short clips of a moving shape, of which no single frame tells the motion.

    A square, a disc or a triangle moves over a background of random grey. The class is the motion: in one of four
    directions, along a circle in one of two, or none while the shape grows or shrinks. Shape, brightness, size, place
    and speed (0.5 to 1.5 pixels a frame) and background are drawn independently of the class.

    Parameters
    ----------
    n_samples : int, default=400
        Number of clips. Of any number of clips from the first on, each class has as many as any other, or one more.
        More clips with the same integer `random_state` begin with the fewer.
    n_frames : int, default=12
        Frames of a clip, at least 2.
    size : int, default=20
        Height and width of a frame in pixels, at least 8.
    noise : float, default=0.05
        Standard deviation of independent noise in each pixel of each frame. Black is 0 and white 1.
    motions : sequence of str, default=None
        The classes to draw from; None for all eight: "left", "right", "up", "down", "clockwise",
        "counter-clockwise", "grow" and "shrink".
    random_state : int, RandomState instance or None, default=None
        Give an integer for the same clips every time.

    Returns
    -------
    X : ndarray of shape (n_samples, n_frames, size, size, 1)
        Clips, (sample, frame, row, column, channel), float32 from 0 to 1.
    y : ndarray of shape (n_samples,)
        Their motions.

    Raises
    ------
    ValueError
        If a parameter is out of range, or names an unknown motion.

    See Also
    --------
    rasterize_tracks : Clips of recorded motions.

    Notes
    -----
    The image has no edges: what leaves it on one side comes back on the other, and a shape that has grown to the
    largest size goes on with the smallest. Without that, a shape that moves right would be found further left in the
    first frame than in the last, and the first frame would tell something of the motion. With it, place and size are
    uniformly distributed in every frame of every class, so a single frame of one class has exactly the same
    distribution as that of any other.

    A clip played backwards is a clip of the opposite motion: "left" and "right", "up" and "down", "clockwise" and
    "counter-clockwise", "grow" and "shrink" change places. The mean of a clip's frames is the same forwards and
    backwards, so it cannot tell the two classes of a pair apart either.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid.datasets import make_moving_shapes
    >>> X, y = make_moving_shapes(16, random_state=0)
    >>> X.shape, np.unique(y, return_counts=True)[1].tolist()
    ((16, 12, 20, 20, 1), [2, 2, 2, 2, 2, 2, 2, 2])
    >>> left, _ = make_moving_shapes(3, motions=["left"], noise=0, random_state=0)
    >>> right, _ = make_moving_shapes(3, motions=["right"], noise=0, random_state=0)
    >>> np.array_equal(left[:, ::-1], right)
    True
    """
    n = check_positive_int(n_samples, "n_samples")
    n_frames = _check_at_least(n_frames, "n_frames", 2)
    size = _check_at_least(size, "size", 8)
    check_not_negative(noise, "noise", "of a range from 0 to 1")
    names = _check_motions(motions)
    order, kind, place, radius, speed, phase, brightness, background, noises = streams(random_state, 9)

    y = _balanced(names, n, order)
    passed = (np.arange(n_frames) - (n_frames - 1) / 2) * speed.uniform(*_SPEED, (n, 1))  # pixels, 0 half-way
    x_middle, y_middle, radii = _paths(
        y, passed, size, place.uniform(0, size, (n, 2)), radius.random(n), phase.random(n)
    )
    cover = _draw(kind.choice(list(_SHAPES), n), x_middle, y_middle, radii, size)  # (sample, frame, row, column)
    behind = background.uniform(*_BACKGROUND, (n, 1, size, size))
    X = behind + cover * (brightness.uniform(*_BRIGHTNESS, (n, 1, 1, 1)) - behind)
    X += noise * noises.standard_normal(X.shape)
    return X.clip(0, 1).astype(np.float32)[..., np.newaxis], y


def _check_at_least(value: Any, name: str, least: int) -> int:
    number = check_positive_int(value, name)
    if number < least:
        raise ValueError(f"{name} must be at least {least}, but is {value!r}; pass for example {name}={least}.")
    return number


def _check_motions(motions: Iterable[str] | None) -> list[str]:
    """Return the motions to draw from, each once."""
    names = list(MOTIONS if motions is None else [motions] if isinstance(motions, str) else motions)
    if not names or len(set(names)) < len(names) or not set(names) <= set(MOTIONS):
        raise ValueError(f"motions must be different ones of {', '.join(map(repr, MOTIONS))}, but is {motions!r}.")
    return names


def _balanced(names: list[str], n: int, rng: np.random.Generator) -> NDArray[np.str_]:
    """Return `n` names, all once in random order, and then again."""
    rounds = np.tile(names, (-(-n // len(names)), 1))
    return rng.permuted(rounds, axis=1).ravel()[:n]


def _paths(
    y: NDArray[np.str_],
    passed: NDArray[Any],
    size: int,
    place: NDArray[Any],
    share: NDArray[Any],
    phase: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return where the shapes are in each frame, x and y, and their radii: each (sample, frame), in pixels.

    `passed` is how far a shape has come, (sample, frame). The other arguments say where it is half-way: `place`,
    (sample, 2), in pixels; `share` of the way from the smallest to the largest radius and `phase` on the circle, both
    (sample,) and from 0 to 1.
    """

    def along(forwards: str, backwards: str) -> NDArray[Any]:
        """Return the pixels passed in one direction: 0 in samples that move otherwise."""
        return ((y == forwards).astype(float) - (y == backwards))[:, np.newaxis] * passed

    orbit = _ORBIT * size
    circles = np.isin(y, ["clockwise", "counter-clockwise"])[:, np.newaxis]
    angle = 2 * np.pi * phase[:, np.newaxis] + along("clockwise", "counter-clockwise") / orbit
    x_middle = place[:, :1] + along("right", "left") + circles * orbit * np.cos(angle)
    y_middle = place[:, 1:] + along("down", "up") + circles * orbit * np.sin(angle)  # y points down: clockwise
    smallest, largest = (limit * size for limit in _RADIUS)
    way = share[:, np.newaxis] * (largest - smallest) + along("grow", "shrink")
    return x_middle, y_middle, smallest + way % (largest - smallest)


def _draw(
    kinds: NDArray[np.str_], x_middle: NDArray[Any], y_middle: NDArray[Any], radii: NDArray[Any], size: int
) -> NDArray[Any]:
    """Return the share of each pixel that the shapes cover, (sample, frame, row, column), with soft borders."""
    pixels = np.arange(size)
    x = _around(pixels - x_middle[..., np.newaxis], size)[..., np.newaxis, :]  # (sample, frame, 1, column)
    y = _around(pixels - y_middle[..., np.newaxis], size)[..., np.newaxis]  # (sample, frame, row, 1)
    distance = np.empty((*x_middle.shape, size, size))
    for kind, distance_to_middle in _SHAPES.items():
        distance[kinds == kind] = distance_to_middle(x[kinds == kind], y[kinds == kind])
    return (radii[..., np.newaxis, np.newaxis] - distance + 0.5).clip(0, 1)


def _around(distance: NDArray[Any], size: int) -> NDArray[Any]:
    """Return distances in an image without edges, from -size / 2 to size / 2."""
    return (distance + size / 2) % size - size / 2
