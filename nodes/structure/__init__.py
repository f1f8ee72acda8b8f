"""Nodes that hold a graph together: groups, dots, notes, viewers, checks."""
