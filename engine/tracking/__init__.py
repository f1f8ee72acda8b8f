"""Tracking: making points follow the picture.

A parameter of two numbers with the role `track` is a track, whoever declares it: `declared`. `pattern` finds a pattern
in the next frame, `following` goes on from frame to frame, `run` does that for the tracks of a node of a script.
"""
