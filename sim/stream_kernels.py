"""Kernels that fill arrays with counter-based random numbers."""

from sim.jit import kernel, normal, uniform


@kernel
def fill_uniform(key, out):
    """out : float64[n]  out: uniform draws in [0, 1), entry i from (key, i)."""
    for i in range(out.shape[0]):
        out[i] = uniform(key, i)


@kernel
def fill_normal(key, out):
    """out : float64[n]  out: standard normal draws, entry i from (key, i)."""
    for i in range(out.shape[0]):
        out[i] = normal(key, i)
