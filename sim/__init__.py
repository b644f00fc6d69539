"""compute-futures."""
