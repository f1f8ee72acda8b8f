from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from rimlight.engine import (
    Application,
    Call,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    ModelManifest,
    ModelStore,
    Need,
    Numbers,
    Region,
    RimlightError,
    Spec,
    model_attributes,
    node,
    numbers,
    param,
    port,
)  # fmt: skip

from ..ops.several import wanted


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had the model's parameters in one text, `parameters="strength=0.5 steps=2"`."""
    made = {name: value for name, value in values.items() if name != "parameters"}
    for name, text in _pairs("parameters", values.get("parameters", "")).items():
        made[f"model_{name}"] = float(text)
    return made


@node(
    "learned.inference",
    see="models plugins",
    version=2,
    label="Inference",
    menu="Learned",
    reads=("frame",),
    upgrades={1: _named},
)
class Inference(Masked):
    """Runs a network from elsewhere as a node: TorchScript, torch.export or ONNX, described by a manifest.

    The manifest says which layers the network is given and in what form, and which layers its results become; the page
    on models of the manual has the format. Parameters that it declares are parameters of the node, with `model_` in
    front: `model_strength`. They have the model's range and default, and are keyed, driven by expressions and saved as
    all others.

    Large pictures are cut into tiles that overlap, or seen whole, as the model wants it. Which model it was, its hash,
    licence and training data go into the metadata, and Write puts them into the file. Loading a model runs no code of
    its file but the network itself, and only if it is the file that the manifest names.
    """

    image: Image = port("the picture, with the layers that the model takes")
    manifest: str = param(
        default="", role="model", place="top",
        doc="the model: its manifest, a .json file, or its id in the folders of models; empty: the picture passes",
    )  # fmt: skip
    model: Numbers = numbers("a parameter of the model, by the name that its manifest gives it")
    layers: str = param(
        default="", doc="other layers than the manifest names, by tensor, such as `image=diffuse normal=normal.XYZ`"
    )
    tile: int = param(
        default=0, hard=(0, 16384), soft=(0, 2048), doc="side of the tiles in pixels; 0: by the model and the memory"
    )
    precision: str = param(
        default="auto", choices=("auto", "float"),
        doc="auto computes in half precision (bfloat16) where the manifest allows it and the device is faster in it, "
        "float never does",
    )  # fmt: skip

    def model_values(self) -> Mapping[str, float]:
        """What the model's parameters are set to, by their names in the manifest; those left out have their defaults.
        A node with parameters of its own says here which of the model's they become.
        """
        return dict(self.model)

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or not self.manifest else None

    def members(self, ctx: Context) -> Sequence[Spec]:
        if not self.manifest:
            return ()
        (family,) = self.families
        declared = self._store(ctx).manifest(self._path(ctx)).parameters
        return [
            family.spec(
                name, default=tensor.default, doc=tensor.description or family.doc, hard=tensor.bounds or (None, None),
                soft=tensor.bounds,
            )
            for name, tensor in declared.items()
        ]  # fmt: skip

    def source_files(self, ctx: Context) -> Sequence[str]:
        if not self.manifest:
            return ()
        path = self._path(ctx)
        return str(path), str(path.parent / self._store(ctx).manifest(path).file)

    def warnings(self, ctx: Context) -> Sequence[str]:
        return () if self.manifest else ("no model is chosen, so the picture passes as it is",)

    def info(self, ctx: Context) -> ImageInfo:
        info = self._application(ctx).result
        return info.with_(metadata={**info.metadata, **model_attributes(self._model(ctx))})

    def regional(self, ctx: Context) -> bool:
        return not self._model(ctx).tiling.whole

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        application = self._application(ctx)
        made = {application.made(output).name for output in application.manifest.outputs}
        return frozenset(layers) & made

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        application = self._application(ctx)
        seen = application.reach(region, self._store(ctx).tile(application.manifest, self.tile))
        own = wanted(ctx, "image", seen, application.needed)
        return (*own, *wanted(ctx, "image", region, layers), *self.mask_needs(ctx, region))

    def frame_key(self, ctx: Context) -> object:
        return ctx.frame if self.manifest and self._model(ctx).reads_frame else None

    def extra_key(self, ctx: Context) -> object:
        model = self._model(ctx)
        return model.digest, model.sha256

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        store, application, image = self._store(ctx), self._application(ctx), ctx.image("image")
        loaded = store.model(self._path(ctx))
        manifest = loaded.manifest
        call = Call(
            store.limited(manifest, store.tile(manifest, self.tile)),
            half=self.precision == "auto",
            frame=ctx.frame,
            space=self._spaces(ctx),
            progress=ctx.progress,
            shrunk=lambda tile: store.shrunk(manifest, tile),
        )
        made = application.run(loaded.network, image, ctx.region, ctx.layers, call)
        return {name: self._held(ctx, image, name, x.to(ctx.device)) for name, x in made.items()}

    def _held(self, ctx: ComputeContext, image: Image, name: str, after: Tensor) -> Tensor:
        """What mask and mix leave of a layer: it comes from what it was before, a new one from black."""
        before = image.tensor(name, ctx.region) if name in image else None
        if before is None or before.shape != after.shape:
            before = torch.zeros_like(after)
        return self.blend(ctx, before, after)

    def _store(self, ctx: Context) -> ModelStore:
        return cast(ModelStore, ctx.service("models"))

    def _path(self, ctx: Context) -> Path:
        return self._store(ctx).locate(self.manifest, ctx.project.folder)

    def _model(self, ctx: Context) -> ModelManifest:
        """The manifest, its weights found to be the declared ones. Raises FileError, RimlightError."""
        return self._store(ctx).checked(self._path(ctx))

    def _application(self, ctx: Context) -> Application:
        return Application(self._model(ctx), ctx.info("image"), _pairs("layers", self.layers), self.model_values())

    def _spaces(self, ctx: ComputeContext) -> Callable[[str, str], Callable[[Tensor], Tensor]]:
        """Conversions between colour spaces, "" being the working space."""
        config = ctx.colors

        def conversion(source: str, target: str) -> Callable[[Tensor], Tensor]:
            transform = config.convert(source or config.working, target or config.working)
            return lambda x: transform.apply(x, ctx.check)

        return conversion


def _pairs(what: str, text: str) -> dict[str, str]:
    """`a=1 b=2` by name. Raises RimlightError."""
    found = {}
    for token in text.replace(",", " ").split():
        name, equals, value = token.partition("=")
        if not equals or not name or not value:
            raise RimlightError(f"{what}: '{token}' is not understood, expected name=value")
        found[name] = value
    return found
