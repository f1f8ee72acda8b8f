"""Nodes that choose which frames are read."""
