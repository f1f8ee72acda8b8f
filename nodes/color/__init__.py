"""Nodes that change colours pixel by pixel: grading, curves, matrices, colour spaces."""
