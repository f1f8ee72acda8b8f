"""Curve editor and dope sheet: the keys of parameters over time."""
