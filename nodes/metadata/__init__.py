"""Nodes that show and alter the metadata of a picture."""
