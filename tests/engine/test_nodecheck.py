"""Each promise that `check_node` looks at, broken by a node that breaks no other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    AreaNode,
    ComputeContext,
    Context,
    Image,
    Layer,
    Masked,
    Need,
    Node,
    NodeError,
    PointNode,
    Region,
    Rig,
    Session,
    check_node,
    manual_page,
    node,
    port,
    registry,
)  # fmt: skip


@pytest.fixture
def session() -> Iterator[Session]:
    before = {cls.kind for cls in registry}
    session = Session()
    session.set_project(format="24x18")
    session.add("Noise", name="Picture")
    builtin = {cls.kind for cls in registry}
    yield session
    for kind in {cls.kind for cls in registry} - before - builtin:
        registry.discard(kind)


class Twice(PointNode):
    """Twice the light."""

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return x * 2


def found(session: Session, cls: type[Node], *sources: str) -> list[str]:
    """What is found of a class, as a node on the picture."""
    node(f"nodecheck.{cls.__name__.lower()}")(cls)
    session.add(cls.__name__, *(sources or ("Picture",)), name="Tried")
    return check_node(session, "Tried")


def test_the_products_own_nodes_keep_everything(session: Session) -> None:
    session.add("Radial", name="Matte", area=(3.0, 3.0, 20.0, 15.0))
    session.add("Blur", inputs={"image": "Picture", "mask": "Matte"}, name="Soft", size=3.0)
    session.add("Grade", inputs={"image": "Soft", "mask": "Matte"}, name="Warm", white=1.5)
    session.add("PointLight", name="Lamp")
    assert [check_node(session, name, (1.0, 2.0)) for name in ("Soft", "Warm", "Lamp")] == [[], [], []]


def test_a_good_plugin_keeps_everything(session: Session) -> None:
    assert found(session, Twice) == []


def test_numbers_become_none(session: Session) -> None:
    class Halves(PointNode):
        """Divides what is dark by nothing."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return torch.where(x < 0.5, (x - x) / 0, x)

    told = ["Tried at frame 1: layer 'rgba' has pixels that are no numbers (NaN), its inputs have none"]
    assert found(session, Halves) == told
    session.add("Grade", "Tried", name="Behind", white=1.5)
    assert check_node(session, "Behind") == []


def test_a_margin_that_is_too_small(session: Session) -> None:
    class Narrow(AreaNode):
        """The mean over seven pixels, of which it asks for five."""

        def margin(self) -> tuple[int, int]:
            return 2, 0

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            wide = torch.nn.functional.pad(x, (1, 1, 0, 0), "replicate")
            return torch.nn.functional.avg_pool2d(wide, (1, 7), stride=1)

    (first, *_) = sentences = found(session, Narrow)
    assert all("is not the crop of the whole: layer 'rgba' is off by" in s for s in sentences)
    assert first.startswith("Tried at frame 1: the tile 12x6+0+0 is not")


def test_what_is_counted_from_the_corner_of_the_tile(session: Session) -> None:
    class Slope(PointNode):
        """Brighter to the right, but of the tile."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x + torch.arange(x.shape[2], device=x.device)

    assert any("is not the crop of the whole" in sentence for sentence in found(session, Slope))


def test_threads_that_matter(session: Session) -> None:
    class Threads(PointNode):
        """As bright as there are threads."""

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x + torch.get_num_threads()

    before = torch.get_num_threads()
    (sentence,) = found(session, Threads)
    assert "layer 'rgba' is another with" in sentence and torch.get_num_threads() == before


def test_a_hidden_dependency(session: Session) -> None:
    class Restless(PointNode):
        """Brighter every time."""

        times: ClassVar[list[int]] = []

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            self.times.append(1)
            return x + len(self.times)

    assert any("it depends on something it does not declare" in sentence for sentence in found(session, Restless))


def test_a_mix_that_is_forgotten(session: Session) -> None:
    class Stubborn(Masked):
        """Has a mix and does not look at it."""

        image: Image = port("the picture")

        def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
            return (Need("image", region, layers),)

        def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
            return {name: ctx.image("image").tensor(name, ctx.region) * 2 for name in ctx.layers}

    (sentence,) = found(session, Stubborn)
    assert sentence.startswith("Tried at frame 1: mixed by 0, layer 'rgba' is not that of the input, but off by ")


def test_values_are_looked_at_for_what_their_keys_hold(session: Session) -> None:
    class Restless(Node):
        """A rig that is another every time."""

        result: ClassVar[type] = Rig
        times: ClassVar[list[int]] = []

        def info(self, ctx: Context) -> Rig:  # type: ignore[override]
            return Rig()

        def compute(self, ctx: ComputeContext) -> Rig:
            self.times.append(1)
            return Rig(cm_per_unit=float(len(self.times)))

    node("nodecheck.restless")(Restless)
    session.add("Restless", name="Tried")
    assert any("it depends on something it does not declare" in sentence for sentence in check_node(session, "Tried"))


def test_a_node_that_fails_is_an_error(session: Session) -> None:
    session.add("Read", file="nowhere.####.exr", name="Tried")
    with pytest.raises(NodeError, match="Tried at frame 1: "):
        check_node(session, "Tried")


def test_a_page_that_leads_nowhere(session: Session) -> None:
    @node("nodecheck.lost", see="light.piont light.point light#rgis light lihgt")
    class Lost(Twice):
        """Leads astray."""

    session.add("Lost", "Picture", name="Tried")
    names = ("light.piont", "light#rgis", "lihgt")
    assert check_node(session, "Tried") == [f"Tried: its `see` names '{name}', which is not there" for name in names]
    page = manual_page(Lost)
    assert "`light.piont`, [PointLight](light.point.md)." in page
    assert "[Rgis](../light.md#rgis), [Light](../light.md)" in page
