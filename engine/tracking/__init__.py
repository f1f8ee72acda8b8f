"""Tracking: making points follow the picture.

A parameter of two numbers with the role `track` is a track, whoever declares it: `declared`. `pattern` finds a pattern
in the next frame, `following` goes on from frame to frame, `run` does that for the tracks of a node of a script.
"""

from .declared import Track as Track
from .declared import is_track as is_track
from .declared import part_of as part_of
from .declared import tracks_of as tracks_of
from .run import Target as Target
from .run import Tell as Tell
from .run import TrackingReport as TrackingReport
from .run import Trail as Trail
from .run import begin_of as begin_of
from .run import follow_tracks as follow_tracks
from .run import resolve_tracks as resolve_tracks
from .run import with_places as with_places
