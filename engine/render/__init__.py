"""Rendering without a window: frames to files, what is checked before and what can be told after."""
