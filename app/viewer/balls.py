"""A rig has no pixels: it is shown as the light that it throws on three balls, and as a list of its lights."""

from rimlight.engine import NEUTRAL_KELVIN, Graph, Light, NodeState, Rig, output_type

from ..paths import path_at

SIZE = (1280, 480)
DIAMETER = 360.0
DISTANCE = 200.0
"""Of the balls from the camera, in centimetres."""

NOTE = f"chrome, grey and glossy ball, {DISTANCE / 100:g} m from the camera"


def puts_out_rig(graph: Graph, path: str) -> bool:
    """Whether a node is known to put out a rig."""
    group, _, name = path.rpartition("/")
    found = output_type(graph.inside(group), name)
    return found is not None and issubclass(found, Rig)


def with_balls(graph: Graph, path: str) -> tuple[Graph, str]:
    """The graph with balls lit by the rig that the node at `path` puts out, and the path of the picture of them."""
    group, _, name = path.rpartition("/")
    level = graph.inside(group)
    width, height = SIZE
    ground = level.unused_name("ViewerGround")
    level = level.put(ground, NodeState("image.constant"))
    level = level.set_value(ground, "format", f"{width}x{height}").set_value(ground, "color", (0.02, 0.02, 0.02, 1.0))
    balls = level.unused_name("ViewerBalls")
    level = level.put(balls, NodeState("light.probe")).connect(balls, "image", ground).connect(balls, "rig", name)
    values = {"pixel": (width / 2, height / 2), "size": DIAMETER, "distance": DISTANCE}
    for parameter, value in values.items():
        level = level.set_value(balls, parameter, value)
    return graph.replace_inside(group, level), path_at(group, balls)


def lines_of(rig: Rig) -> list[str]:
    """A rig in words, a light a line."""
    return [_line(name, light) for name, light in zip(rig.names, rig, strict=True)] or ["no lights"]


def _line(name: str, light: Light) -> str:
    words = [name, light.kind, f"{float(light.exposure):+.2g} stops"]
    if float(light.kelvin) != NEUTRAL_KELVIN:
        words.append(f"{float(light.kelvin):.0f} K")
    if not light.enabled:
        words.append("off")
    elif light.solo:
        words.append("solo")
    return " \N{MIDDLE DOT} ".join(words)
