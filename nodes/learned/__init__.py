"""Nodes that run networks."""
