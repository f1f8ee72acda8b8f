"""Colour management with OpenColorIO: configs, transforms on tensors, displays, and the spaces files are in."""
