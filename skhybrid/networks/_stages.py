"""Convolutions along several axes, each with its pool: what the networks for images and for video share."""

from typing import NamedTuple

from skhybrid.networks._checks import Ints, check_per_convolution, check_sizes


class Stage(NamedTuple):
    """One convolution and the pooling after it; `pool_sizes`, one for each axis, are 1 where nothing is pooled."""

    filters: int
    kernel_size: int
    pool_sizes: tuple[int, ...]


def check_stages(
    sizes: dict[str, int], filters: Ints, kernel_size: Ints, pool_size: Ints, *, whole: str
) -> list[Stage]:
    """Return the stacked convolutions, sure that each pool finds enough left along every axis.

    `sizes` says how many there are along each axis, by the name of what is counted ("rows"); `whole` is what the
    user calls that which has these axes.
    """
    n_filters = check_sizes(filters, "filters", at_least=1)
    kernels = check_per_convolution(kernel_size, "kernel_size", n_filters)
    pools = check_per_convolution(pool_size, "pool_size", n_filters)
    stages = []
    for i, (n, kernel, pool) in enumerate(zip(n_filters, kernels, pools, strict=True), start=1):
        pool_sizes = {axis: 1 if size == 1 else pool for axis, size in sizes.items()}  # of one, nothing is left to pool
        for axis, size in sizes.items():
            if pool_sizes[axis] > size:
                raise ValueError(
                    f"pool_size={pool} needs at least {pool} {axis}, but {size} are left behind convolution {i}; "
                    f"pass a smaller pool_size or larger {whole}."
                )
        sizes = {axis: size // pool_sizes[axis] for axis, size in sizes.items()}
        stages.append(Stage(n, kernel, tuple(pool_sizes.values())))
    return stages
