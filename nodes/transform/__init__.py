"""Nodes that move pixels or change the frame around them."""
