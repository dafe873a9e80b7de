"""The makers' own protocols: one folder a family, each with its FAMILY (protocols/family.py)."""
