"""Nodes that route, add, remove and combine channels and layers."""
