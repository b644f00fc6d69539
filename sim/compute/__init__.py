"""The physical economy: chips, fleets, demand, power, spot and list prices, indices, and what is expected of them."""
