"""Rendering from the desktop: the queue and its progress."""
