import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from torch import Tensor

from rimlight.engine import (
    MAIN,
    TURN_ORDERS,
    ComputeContext,
    Context,
    FoundCamera,
    Image,
    ImageInfo,
    Need,
    Node,
    Pose,
    Region,
    Vec3,
    camera_of_metadata,
    find_channel,
    full_path,
    head_angles,
    load_chan,
    node,
    param,
    port,
    read_usd_camera,
)  # fmt: skip
from rimlight.engine import Camera as Pinhole

from ..nuke.camera import CAMERA
from ..ops.camera_turn import TurnFollower
from ..ops.turn_view import Lens, view_of
from ..time.neighbors import grey_of


@node(
    "light.camera", label="Camera", reads=("frame",), nuke=CAMERA,
    see="light.rig_space light.relight transform.tracker shots#a-rig-that-stays-in-the-world",
)  # fmt: skip
class Camera(Node):
    """Says how the shot's camera turns and moves in the world, so that RigSpace can hold lights there.

    The buttons find the keys:

    - Turn follows the picture: pan, tilt and roll of a camera that stays in one place, by the field of view that is
      given, from the values that it has at the first frame of the range. Distant things tell it in shots where the
      camera moves, if they fill most of the frame. What moves by itself counts less, and not at all where `matte` is
      white.
    - Metadata takes the matrix that renderers write into EXR files.
    - Chan file takes a `.chan` file of Nuke, Houdini or a tracking program, USD file a camera of a USD file.
    - Lens takes the field of view from focal length and film width.

    The world has y up; where the angles are 0 the camera looks along -z, with x to its right. It pans about the
    vertical axis, tilts about its own x axis, and rolls about the axis of its lens: rotate y, x and z of a camera of
    Nuke in the order ZXY. So a light at azimuth a in the world is at a - pan in the picture of a level camera.
    """

    result: ClassVar[type] = Pose
    mutes: ClassVar[bool] = True
    solves: ClassVar[Mapping[str, str]] = {
        "turn": "follow pan, tilt and roll through the range by what the picture shows",
        "metadata": "take the camera from the metadata that a renderer wrote into the picture's EXR files",
        "chan_file": "take the camera from a .chan file",
        "usd_file": "take the camera from a USD file",
        "lens": "take the field of view from focal length and film width",
    }
    follows: ClassVar[frozenset[str]] = frozenset(("turn", "metadata", "chan_file", "usd_file"))
    sections: ClassVar[Mapping[str, str]] = {
        "Lens": "focal haperture",
        "Files": "file camera rotation_order up_axis",
        "Turn": "matte_channel turn_error",
    }

    image: Image = port("the shot, to find the camera by", optional=True)
    matte: Image = port("white where something moves by itself, which then does not count", optional=True)
    pan: float = param(
        default=0.0, soft=(-180, 180), unit="deg", place="top",
        doc="turn about the vertical axis, above zero to the left: rotate y of Nuke",
    )  # fmt: skip
    tilt: float = param(
        default=0.0, soft=(-90, 90), unit="deg", place="top",
        doc="turn about the camera's own x axis, above zero upwards: rotate x of Nuke",
    )  # fmt: skip
    roll: float = param(
        default=0.0, soft=(-180, 180), unit="deg", place="top",
        doc="turn about the lens, above zero counter-clockwise seen from behind the camera: rotate z of Nuke",
    )  # fmt: skip
    position: Vec3 = param(
        default=(0.0, 0.0, 0.0), soft=(-1000, 1000), place="top",
        doc="where it stands, in units; while a unit is 1 cm, in centimetres",
    )  # fmt: skip
    cm_per_unit: float = param(
        default=1.0, hard=(1e-6, None), soft=(0.1, 100), unit="cm", place="top", doc="length of a unit of the position"
    )
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg", place="top",
        doc="angle that the frame is wide; link those of Relight and others to it",
    )  # fmt: skip
    focal: float = param(
        default=50.0, hard=(0.01, None), soft=(5, 300), unit="mm", cosmetic=True,
        doc="focal length, which Lens makes the field of view from",
    )  # fmt: skip
    haperture: float = param(
        default=24.576, hard=(0.01, None), soft=(5, 70), unit="mm", cosmetic=True, doc="width of the film or sensor"
    )
    file: str = param(default="", role="file", cosmetic=True, doc="the .chan or USD file")
    camera: str = param(
        default="", cosmetic=True, doc="USD: name or path of the camera; empty: the only one of the file"
    )
    rotation_order: str = param(
        default="ZXY", choices=TURN_ORDERS, cosmetic=True,
        doc="order of the turns in the .chan file, the first one first, which the file does not say",
    )  # fmt: skip
    up_axis: str = param(
        default="y", choices=("y", "z"), cosmetic=True,
        doc="what is up in the world of the .chan file or the renderer; z in Blender and 3ds Max",
    )  # fmt: skip
    matte_channel: str = param(default="alpha", role="channel", cosmetic=True, doc="channel of the matte input")
    turn_error: float = param(
        default=0.0, cosmetic=True, unit="px",
        doc="by how much texture is off the turn that was found, in the median, where flow is found",
    )  # fmt: skip

    def bypass(self, ctx: Context) -> str | None:
        return None  # a picture is no camera: disabled, it stands still

    def frame_key(self, ctx: Context) -> object:
        return None  # only what is solved looks at the frame

    def info(self, ctx: Context) -> Any:
        if self.disable:
            return Pose()
        x, y, z = (v * self.cm_per_unit for v in self.position)
        return Pose(self.pan, self.tilt, self.roll, (x, y, z), self.field_of_view)

    def compute(self, ctx: ComputeContext) -> Any:
        return self.info(ctx)

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        if what != "turn":
            return ()
        info = self._picture(ctx, "its turn")
        needs = [Need("image", info.data, (self._layer(info),))]
        if ctx.connected("matte"):
            needs.append(Need("matte", ctx.info("matte").data, (self._matte(ctx)[0],)))
        return needs

    def solved_next(
        self,
        ctx: Context,
        what: str,
        images: Mapping[str, Image],
        check: Callable[[], None],
        memory: dict[str, Any],
    ) -> Mapping[str, Any]:
        if what == "lens":
            return {"field_of_view": round(2 * math.degrees(math.atan(self.haperture / (2 * self.focal))), 5)}
        if what == "turn":
            return self._turned(ctx, images, check, memory)
        if what == "metadata":
            found = camera_of_metadata(self._picture(ctx, "its metadata").metadata, self.up_axis)
        elif what == "usd_file":
            found = self._of_usd(ctx)
        else:
            found = self._of_file(ctx, memory)
        x, y, z = (round(v, 6) for v in found.position)
        values: dict[str, Any] = {**self._angles(found.rotation, memory), "position": (x, y, z)}
        tan = self._half_width(ctx, found)
        # A lens that only some frames know would be keyed at those alone.
        if memory.setdefault("lens", tan is not None):
            self.require(tan is not None, "this frame does not say its field of view, as the ones before do")
            values["field_of_view"] = round(2 * math.degrees(math.atan(tan or 0.0)), 5)
        return values

    def _turned(
        self, ctx: Context, images: Mapping[str, Image], check: Callable[[], None], memory: dict[str, Any]
    ) -> Mapping[str, Any]:
        """Pan, tilt and roll at this frame, by what the picture shows."""
        info = self._picture(ctx, "its turn")
        frame, layer = info.display, self._layer(info)
        x = images["image"].tensor(layer, frame, "auto")[grey_of(info.layer(layer))]
        pinhole = Pinhole.from_fov(frame.width, frame.height, self.field_of_view, info.pixel_aspect)
        view = view_of(x, Lens(pinhole.tan_x, pinhole.tan_y), self._moving(ctx, images, frame))
        follower = memory.setdefault("follower", TurnFollower())
        begins = memory.setdefault("begins", Pose(self.pan, self.tilt, self.roll))
        try:
            link = follower.go_on(view, lambda _: check())
        except ValueError as error:
            self.require(False, str(error))
            raise
        off = link.error * frame.width / view.texture.shape[2]
        return {**self._angles(begins.rotation @ link.rotation.T, memory), "turn_error": round(off, 4)}

    def _angles(self, rotation: npt.NDArray[np.float64], memory: dict[str, Any]) -> dict[str, float]:
        """Pan, tilt and roll of a rotation, going on from those of the frame before."""
        angles = head_angles(rotation, memory.get("angles", (self.pan, self.tilt, self.roll)))
        memory["angles"] = angles
        return {name: round(v, 5) + 0.0 for name, v in zip(("pan", "tilt", "roll"), angles, strict=True)}

    def _moving(self, ctx: Context, images: Mapping[str, Image], frame: Region) -> Tensor | None:
        """What moves by itself, `[1, h, w]` over the frame."""
        if "matte" not in images:
            return None
        layer, channel = self._matte(ctx)
        return images["matte"].tensor(layer, frame)[channel : channel + 1]

    def _matte(self, ctx: Context) -> tuple[str, int]:
        found = find_channel(self.matte_channel, ctx.info("matte").layers)
        self.require(found is not None, f"the matte input has no channel '{self.matte_channel}'")
        assert found is not None
        return found

    def _of_file(self, ctx: Context, memory: dict[str, Any]) -> FoundCamera:
        self.require(bool(self.file), "no .chan file is chosen")
        path = Path(full_path(self.file, ctx.project.folder))
        if "file" not in memory:
            memory["file"] = load_chan(path, self.rotation_order, self.up_axis)
        known: dict[float, FoundCamera] = memory["file"]
        first, last = min(known), max(known)
        self.require(ctx.frame in known, f"{path} has frames {first:.12g} to {last:.12g}, none for {ctx.frame:.12g}")
        return known[ctx.frame]

    def _of_usd(self, ctx: Context) -> FoundCamera:
        """The camera of a USD file, in units of the node's."""
        self.require(bool(self.file), "no USD file is chosen")
        found, cm = read_usd_camera(Path(full_path(self.file, ctx.project.folder)), ctx.frame, self.camera)
        x, y, z = (v * cm / self.cm_per_unit for v in found.position)
        return replace(found, position=(x, y, z))

    def _half_width(self, ctx: Context, found: FoundCamera) -> float | None:
        """Half the frame's width at distance 1, from its height where a file has that."""
        if found.tan_x is not None or found.tan_y is None:
            return found.tan_x
        if ctx.connected("image"):
            info = ctx.info("image")
            return found.tan_y * info.display.width * info.pixel_aspect / info.display.height
        made = ctx.project.size
        return found.tan_y * made.width * made.pixel_aspect / made.height

    def _picture(self, ctx: Context, what: str) -> ImageInfo:
        self.require(ctx.connected("image"), f"wire the shot to 'image': the camera is found by {what}")
        return ctx.info("image")

    def _layer(self, info: ImageInfo) -> str:
        self.require(bool(info.names), "the picture has no layer to see the camera turn by")
        return MAIN if info.has(MAIN) else info.names[0]
