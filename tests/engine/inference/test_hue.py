"""The colour of the light, of plates and students whose truth is known."""

import torch
from torch import Tensor

from rimlight.engine import LightGuess, Prediction
from rimlight.engine.inference import hue

SIZE = 96
SKIN = torch.tensor([0.45, 0.25, 0.17]).reshape(1, 3, 1, 1)
ALL = torch.ones(1, 1, SIZE, SIZE)


def pale_light(logs: Tensor, ground: Tensor) -> Tensor:
    return hue.pale_light(logs, ground)(slice(0, SIZE))


def ball(width: float) -> Tensor:
    """1 in the middle, falling off smoothly `[1, 1, SIZE, SIZE]`."""
    at = torch.linspace(-1, 1, SIZE)
    return torch.exp(-(at[:, None].square() + at[None].square()) / width**2)[None, None]


def purity(x: Tensor) -> Tensor:
    """How much colour there is `[1, 1, h, w]`, in nepers."""
    logs = x.log()
    return (logs - logs.mean(1, keepdim=True)).square().sum(1, keepdim=True).sqrt()


def middle(x: Tensor) -> float:
    return float(x[..., 44:52, 44:52].mean())


def test_a_highlight_that_pales_skin_is_paler_light() -> None:
    """As a camera's shoulder does: towards its white all channels come to the same."""
    exposed = SKIN * (0.3 + 2.5 * ball(0.2))
    plate = exposed / (1 + exposed)
    paled = plate / pale_light(plate.log(), ALL).exp()
    usual = float(purity(plate)[..., 0, 0])
    lost = usual - middle(purity(plate))
    assert lost > 0.2
    assert usual - middle(purity(paled)) < 0.5 * lost
    one, many = (pale_light((plate * k).log(), ALL) for k in (1.0, 1000.0))
    torch.testing.assert_close(one, many, rtol=1e-3, atol=1e-4)


def test_paint_with_an_edge_keeps_its_colour_and_so_does_what_is_dim() -> None:
    pale = SKIN.sqrt()
    plate = torch.where(ball(0.5) > 0.5, pale, SKIN)
    assert float(pale_light(plate.log(), ALL).abs().amax(1)[..., 40:56, 40:56].max()) < 0.02
    exposed = SKIN * (0.3 + 2.5 * ball(0.2))
    plate = exposed / (1 + exposed)
    plate[..., :6, :6] = 50.0  # a lamp: what pales far below the brightest is no camera's doing
    assert float(pale_light(plate.log(), ALL)[..., 40:56, 40:56].abs().max()) < 0.02


def told(color: Tensor, normal: Tensor) -> Tensor:
    """The colour of light of a student that says `color [1, 1, h, w]` of grey things, in nepers of red over blue."""
    h, w = color.shape[-2:]
    one = torch.ones(1, 1, h, w)
    shading = torch.cat((color / 2, 0 * color, -color / 2), 1).exp()
    guess = LightGuess(torch.zeros(1, 3), torch.ones(1, 3), torch.ones(1), torch.ones(1, 3, 16, 32))
    seen = Prediction(
        level=torch.ones(1, 1, 1, 1), shading=shading, share=0.02 * torch.ones_like(shading), normal=normal, depth=one,
        roughness=one / 2, f0=one / 25, shadow=one, error=one, code=torch.zeros(1, 4), light=guess, features=(one, one),
    )  # fmt: skip
    grey = torch.full((1, 3, SIZE, SIZE), 0.1).log()
    found = hue.light_hue(seen, grey, torch.zeros(1, 1, SIZE, SIZE), ALL)(slice(0, SIZE))
    return found[:, :1] - found[:, 2:]


def test_light_that_follows_directions_is_believed_more_than_light_that_follows_places() -> None:
    at = torch.linspace(-1, 1, 24)
    across = at.expand(1, 1, 24, 24)
    turned = torch.nn.functional.normalize(torch.cat((across, 0 * across, torch.ones_like(across)), 1), dim=1)
    waves = torch.sin(9 * at)[:, None].expand(24, 24)[None, None]
    facing, places = told(0.4 * turned[:, :1], turned), told(0.3 * waves, turned)
    kept = float(facing.std() / (0.4 * turned[:, :1]).std())
    leaked = float(places.std() / (0.3 * waves).std())
    assert leaked < 0.45 and kept > leaked + 0.2


def test_paint_under_a_highlight_that_is_pale_and_rosy_is_that_of_the_rest() -> None:
    """A highlight of cool light on skin: what is left of its colour is off the skin's, and is not made more of it."""
    exposed = SKIN * (0.3 + 2.5 * ball(0.2))
    logs = (exposed / (1 + exposed)).log()
    rosy = torch.tensor([0.0, -0.06, 0.06]).reshape(1, 3, 1, 1) * ball(0.2)
    found = logs + rosy - pale_light(logs + rosy, ALL)
    more = middle(purity(found.exp())) - middle(purity((logs + rosy).exp()))
    assert more > 0.1
    usual, pale, painted = (
        x[0, :, r, r] - x[0, :, r, r].mean() for x, r in ((logs, 0), (logs + rosy, 48), (found, 48))
    )
    apart = [float(1 - torch.cosine_similarity(x, usual, dim=0)) for x in (pale, painted)]
    assert apart[1] < 0.7 * apart[0]
