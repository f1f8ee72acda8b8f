"""What a scene answers: which surface a ray meets, and whether light comes through."""

from typing import NamedTuple, Protocol

from torch import Tensor


class Met(NamedTuple):
    """What n rays meet, in camera space and centimetres; where nothing is met the values mean nothing.

    hit : `[n]` bool. distance : `[n]` in lengths of the ray's direction. start : `[3, n]` where rays towards light
    begin: the point met, or where the smooth surface that the mesh stands for bulges over it. face : `[3, n]` the
    smooth surface's unit normal, on the ray's side, without normal maps. normal : `[3, n]` with them.
    albedo : `[3, n]` ACEScg. roughness : `[n]`. f0 : `[3, n]`. subject : `[n]` bool, whether it is the subject.
    """

    hit: Tensor
    distance: Tensor
    start: Tensor
    face: Tensor
    normal: Tensor
    albedo: Tensor
    roughness: Tensor
    f0: Tensor
    subject: Tensor


class Scene(Protocol):
    """Geometry with materials, in camera space and centimetres. Rays are columns of `[3, n]`."""

    def meet(self, origin: Tensor, direction: Tensor, chance: Tensor) -> Met:
        """The first surface along rays; `chance` `[n]` in 0..1 decides where cut-outs are half transparent."""

    def opens(self, start: Tensor, direction: Tensor, chance: Tensor) -> Tensor:
        """Whether nothing is between points and infinity, `[n]` bool."""
