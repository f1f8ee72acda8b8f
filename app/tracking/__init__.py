"""Tracks on the desktop: what there is, making them follow the picture, passing them on."""
