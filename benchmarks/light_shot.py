"""LightPropagate at 1080p: what a frame of a shot takes, from cold, and after another relit frame came in.

The six frames of the sample plate, enlarged, without layers, relit at both ends by a grade. `shot`: the four frames
between, in order, with nothing known but the pictures; motion and the change of the references count. `relit_changed`:
the same once a relit frame is another, when motion is known. What makes a run another, an exposure of each frame,
counts in both. The peer is optical flow both ways between two frames by
itself, which each frame of a shot needs once. `python benchmarks/run.py light_propagate_1080p`.
"""

import itertools

from rimlight.engine import Session
from rimlight.engine.manual.gallery import resources
from rimlight.engine.plugins import load_plugins
from rimlight.nodes.ops.flow import motions_between

from harness import Figure, figure, paired

FRAMES = (2, 3, 4, 5)
ENDS = (1, 6)


def light_propagate_1080p(rounds: int, device: str = "cpu") -> list[Figure]:
    """Milliseconds of a frame."""
    load_plugins()
    session = Session(device=device)
    session.set_project(format="1920x1080")
    session.add("Read", name="Tea", file=str(resources() / "plates" / "tea.####.exr"))
    session.add("Reformat", "Tea", name="Large")
    session.add("RemoveLayer", "Large", name="Plain", operation="keep", channels="rgba")
    session.add("Exposure", "Plain", name="Shot")
    session.add("Saturation", "Large", name="Other", saturation=0.5)
    session.add("Exposure", "Other", name="Relit", stops=(0.5, 0.3, 0.1))
    wires = {"image": "Shot", "relit": "Relit"}
    session.add("LightPropagate", name="Node", inputs=wires, references=",".join(map(str, ENDS)))
    steps = itertools.count(1)

    def ready(node: str, *stops: float) -> None:
        session.set(node, stops=stops)
        for frame in (*ENDS, *FRAMES):
            session.evaluate(node, frame=frame, layers=("rgba",))

    def shot() -> None:
        for frame in FRAMES:
            session.evaluate("Node", frame=frame, layers=("rgba",))

    def flow() -> None:
        for a, b in itertools.pairwise((*FRAMES, ENDS[1])):
            motions_between(*(session.evaluate("Shot", frame=f)["rgba"][:3] for f in (a, b)))

    def from_cold() -> None:
        step = 0.001 * next(steps)
        ready("Shot", step, step, step)
        shot()

    def changed() -> None:
        ready("Relit", 0.5, 0.3, 0.001 * next(steps))
        shot()

    found = []
    for name, run in (("shot", from_cold), ("relit_changed", changed)):
        times = paired({"rimlight": run, "flow": flow}, rounds, device)
        each = {who: [t / len(FRAMES) for t in taken] for who, taken in times.items()}
        found.append(figure(f"light_propagate_{name}_1080p", each, "flow", device, "a frame, between two references"))
    return found
