"""Nodes that make pictures: colours, patterns, drawings, noise, text."""
