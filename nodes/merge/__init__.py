"""Nodes that combine several pictures."""
