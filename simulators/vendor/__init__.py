"""Simulated meters of the makers' own protocols: one module or folder a family, each with its SIMULATED."""
