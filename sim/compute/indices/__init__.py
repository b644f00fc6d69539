"""Published price indices, one file each."""

from sim.plugin import load_all

load_all(__name__)
