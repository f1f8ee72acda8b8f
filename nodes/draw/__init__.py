"""Nodes that draw: shapes with soft edges."""
