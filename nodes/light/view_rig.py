from typing import ClassVar

from rimlight.engine import Context, Node, Rig, node, port, rig_to_json


@node("light.view_rig", see="light.rig light.probe light.write_rig light#rigs", label="ViewRig")
class ViewRig(Node):
    """Shows the lights of a rig in the panel, as a rig file has them; they pass through."""

    result: ClassVar[type] = Rig
    rig: Rig = port("the lights")

    def identity(self, ctx: Context) -> str | None:
        return "rig"

    def text(self, rig: Rig) -> str:
        """What is shown."""
        return rig_to_json(rig)
