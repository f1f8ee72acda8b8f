from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rimlight.engine import Context, Node, NukeClass, node, param, port


@node("merge.switch", see="merge.dissolve", nuke=NukeClass("Switch"))
class Switch(Node):
    """Passes one of its inputs on. The others are not looked at, so an error in them does not matter."""

    result: ClassVar[type] = object
    image: Any = port("what there is to choose from", many=True)
    which: int = param(default=0, hard=(0, 99), soft=(0, 9), doc="number of the input, the first is 0")

    def _socket(self) -> str:
        return "image" if self.which == 0 else f"image{self.which + 1}"

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {socket: () for socket in inputs if socket != self._socket()}

    def identity(self, ctx: Context) -> str | None:
        self.require(ctx.connected(self._socket()), f"nothing is wired to input {self.which}, which is chosen")
        return self._socket()
