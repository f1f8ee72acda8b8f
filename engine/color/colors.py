"""The colour service of a session."""

import hashlib

from ..settings import Project
from .config import ColorConfig, locate
from .display import DisplayRenderer
from .fingerprint import Stamp, stamp


class Colors:
    """The configs a session has open, one per source, working space and state of its file."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[Stamp, DisplayRenderer]] = {}

    def config(self, project: Project) -> ColorConfig:
        """The project's config: the same object as before unless its file has changed since. Raises ColorError."""
        return self.renderer(project).config

    def renderer(self, project: Project) -> DisplayRenderer:
        """What shows pictures of the project on a display, the same as long as the config is: whoever shows them shares
        what it has baked, which takes a third of a second. Raises ColorError.
        """
        place = locate(project.ocio, project.folder)
        now = stamp(place)
        known = self._open.get((place, project.working))
        if known is not None and known[0] == now:
            return known[1]
        renderer = DisplayRenderer(ColorConfig(place, project.working))
        self._open[place, project.working] = (now, renderer)
        return renderer

    def key(self, project: Project) -> str:
        """What results depend on when a node uses the project's colours: the config's content and the working space."""
        config = self.config(project)
        return hashlib.blake2b(f"{config.key}\n{config.working}".encode(), digest_size=16).hexdigest()
