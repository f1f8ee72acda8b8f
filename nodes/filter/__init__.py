"""Nodes that work on a neighbourhood: blurs, sharpening, edges, noise."""
