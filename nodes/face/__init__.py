"""Nodes that fit a face to a picture and work on it in its uv."""
