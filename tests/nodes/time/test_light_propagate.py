"""Light carried through shots whose relit frames are known."""

from collections.abc import Callable

import pytest
import torch

from compare import assert_close
from moving import Moving
from pictures import noise, picture
from rimlight.engine import Cancelled, CancelToken, Image, NodeError, Region, Request, Tier
from rimlight.nodes.ops import light_carry
from rimlight.nodes.time import neighbors
from rimlight.training.shots import Frame, frame_of
from stage import Stage, known
from truth import psnr

COUNT, FRAME = 7, Region(0, 0, 128, 72)
GUESSED = "rimlight:propagate_guessed"
Clip = Callable[[float], Image]


def frame(shot: str, number: float) -> Frame:
    return frame_of(shot, int(number), COUNT, FRAME.width, FRAME.height)


def plates(shot: str, exposure: float = 1.0, layers: bool = False) -> Clip:
    def clip(number: float) -> Image:
        made = frame(shot, number)
        color = torch.cat((made.plate * exposure, torch.full_like(made.plate[:1], 0.5)))
        more = {n: x * exposure if n in ("shading", "specular") else x for n, x in made.layers.items()}
        about = {"frames": (1, COUNT), "metadata": {"take": 3}}
        return picture({"rgba": color, **(more if layers else {})}, FRAME, **about)  # type: ignore[arg-type]

    return clip


def relit(shot: str, exposure: float = 1.0) -> Clip:
    return lambda number: picture(frame(shot, number).relit * exposure, FRAME)


def stage(
    shot: str, references: str, plate: Clip | None = None, lit: Clip | Image | None = None, **values: object
) -> Stage:
    s = Stage().given("shot", plate or plates(shot)).given("lit", lit or relit(shot))
    return s.add("node", "LightPropagate", {"image": "shot", "relit": "lit"}, references=references, **values)


def quality(s: Stage, shot: str, numbers: tuple[int, ...]) -> float:
    """Mean PSNR of what is shown of frames, the peak being 2."""
    found = []
    for number in numbers:
        out = s.evaluate("node", number)["rgba"][:3]
        found.append(psnr((out / 2).clamp(0, 1).sqrt(), (frame(shot, number).relit / 2).clamp(0, 1).sqrt()))
    return sum(found) / len(found)


def unmoved(shot: str, reference: int, number: int) -> float:
    """The quality of the quotient of a reference laid onto another frame as it stands."""
    there = frame(shot, reference)
    out = frame(shot, number).plate * light_carry.Change.of(there.plate, there.relit).stops.exp2()
    return psnr((out / 2).clamp(0, 1).sqrt(), (frame(shot, number).relit / 2).clamp(0, 1).sqrt())


@pytest.mark.parametrize(("shot", "margin"), [("pan", 8.0), ("track", 6.0), ("subjects", 2.5)])
def test_light_follows_camera_and_subjects(shot: str, margin: float) -> None:
    """Better than no motion by a margin, and better still where light layers say more."""
    numbers = (2, 6)
    found = quality(stage(shot, "4"), shot, numbers)
    assert found > sum(unmoved(shot, 4, n) for n in numbers) / 2 + margin
    assert quality(stage(shot, "4", plates(shot, layers=True)), shot, numbers) > found


def test_shadows_and_lights_that_move_are_cast_anew() -> None:
    """With rendered layers: nearer the truth than light that only follows normals, by far, also on a new light that
    moves, and no further from it where the plate's own light is kept."""
    for shot, references, numbers, margin in (("subjects", "4", (2, 6), 2.5), ("new light moves", "1,7", (3, 4), 4.0)):
        layers = plates(shot, layers=True)
        follow = quality(stage(shot, references, layers, surfaces="follow"), shot, numbers)
        assert quality(stage(shot, references, layers), shot, numbers) > follow + margin
    keeps = stage("subjects", "4", plates("subjects", layers=True), plate_light="keep")
    assert quality(keeps, "subjects", (2, 6)) > quality(stage("subjects", "4"), "subjects", (2, 6))


def test_depth_will_do_for_positions() -> None:
    def flat(number: float) -> Image:
        made = frame("subjects", number)
        more = {name: made.layers[name] for name in ("normal", "shading", "depth")}
        return picture({"rgba": made.plate, **more}, FRAME, frames=(1, COUNT))

    found = [stage("subjects", "4", c).evaluate("node", 2)["rgba"][:3]
             for c in (flat, plates("subjects", layers=True))]  # fmt: skip
    assert psnr(found[0].clamp(0, 2), found[1].clamp(0, 2)) > 45


def test_more_references_are_better() -> None:
    shot, numbers = "track, subjects", (2, 3, 5, 6)
    one, two, three = (quality(stage(shot, refs), shot, numbers) for refs in ("1", "1,7", "1,4,7"))
    assert one + 1 < two and two + 1 < three


def test_light_does_not_go_across_a_cut() -> None:
    """Two shots one behind the other, a reference in each: beside the cut the far one is no nearer in time."""

    def cut(clip: Clip, other: Clip) -> Clip:
        return lambda number: (clip if number < 3 else other)(number)

    ball = Moving(FRAME.height, FRAME.width, velocity=(2.0, 1.0), disc=(-2.0, 0.0), radius=20, seed=7)

    def after(number: float) -> Image:
        return picture(torch.cat((ball.albedo(number), torch.ones(1, 72, 128))), FRAME, frames=(1, COUNT))

    def lit(number: float) -> Image:
        return picture(ball.albedo(number) * torch.tensor([0.2, 0.3, 0.9]).view(3, 1, 1), FRAME)

    s = stage("pan", "1,7", cut(plates("pan"), after), cut(relit("pan"), lit))
    for number in (3, 4):
        off = torch.log2(s.evaluate("node", number)["rgba"][:3] / lit(number)["rgba"]).abs()
        assert float(off.mean()) < 0.02 and float(off.quantile(0.99)) < 0.2, (number, off.mean(), off.max())
    assert psnr(*((x / 2).clamp(0, 1).sqrt() for x in (s.evaluate("node", 2)["rgba"][:3], frame("pan", 2).relit))) > 26


def test_a_reference_is_what_its_frame_becomes() -> None:
    s = stage("subjects", "1,4", plates("subjects", layers=True))
    for number in (1, 4):
        out = s.evaluate("node", number)
        assert torch.equal(out["rgba"][:3], frame("subjects", number).relit)
        assert torch.equal(out["confidence"], torch.ones(1, 72, 128))


def test_light_does_not_jump_half_way() -> None:
    """Two references that differ by a stop, on a shot that stands still: stops go from one to the other."""
    still = frame("pan", 4)
    s = stage("pan", "1,9", lambda n: picture(still.plate, FRAME), lambda n: picture(still.plate * 2 ** (n / 8), FRAME))
    levels = [float((s.evaluate("node", n)["rgba"][:3] / still.plate).log2().mean()) for n in range(1, 10)]
    steps = torch.tensor(levels).diff()
    assert levels[0] == pytest.approx(1 / 8, abs=1e-4) and levels[-1] == pytest.approx(9 / 8, abs=1e-4)
    assert float(steps.min()) > -1e-4 and float(steps.max()) < 0.26


def test_light_on_black_and_negative_values_move_too() -> None:
    still = frame("pan", 4).plate.clone()
    still[:, 10:20, 10:20] = 0
    still[:, 40, 40] = -0.25
    lit = still * 3
    lit[:, 10:20, 10:20] = 5.0
    s = stage("pan", "1", lambda n: picture(still, FRAME), picture(lit, FRAME))
    assert_close(s.evaluate("node", 2)["rgba"], lit, threshold=1e-4, relative=1e-4)


def test_it_scales_with_plate_and_with_relit_frames() -> None:
    one = stage("subjects", "4", plates("subjects", layers=True)).evaluate("node", 2)["rgba"][:3]
    for plate, lit in ((6.7, 1.0), (1.0, 0.21), (1000.0, 1000.0)):
        s = stage("subjects", "4", plates("subjects", plate, layers=True), relit("subjects", lit))
        assert_close(s.evaluate("node", 2)["rgba"][:3] / lit, one, threshold=2e-4, relative=2e-3)


def test_a_plate_whose_exposure_changes_keeps_that_or_not() -> None:
    """Without shading the plate's own change stays; a rendered shading takes it out."""

    def clip(layers: bool) -> Clip:
        return lambda n: plates("pan", 2.0 if n == 2 else 1.0, layers)(4)

    lit = picture(frame("pan", 4).relit, FRAME)
    kept = stage("pan", "1", clip(False), lit).evaluate("node", 2)["rgba"][:3]
    replaced = stage("pan", "1", clip(True), lit).evaluate("node", 2)["rgba"][:3]
    stays = stage("pan", "1", clip(True), lit, plate_light="keep").evaluate("node", 2)["rgba"][:3]
    for found, level in ((kept, 2), (stays, 2), (replaced, 1)):
        assert_close(found, frame("pan", 4).relit * level, threshold=5e-3, relative=0.015)


def test_what_comes_into_sight_is_told_as_a_guess() -> None:
    s = stage("pan", "1", plates("pan", layers=True))
    out = s.evaluate("node", 7)
    confidence = out["confidence"][0]
    assert float(confidence[:, :10].mean()) < 0.1 < 0.8 < float(confidence[:, -60:].mean())  # the camera turns
    assert out.info.metadata[GUESSED] == pytest.approx(float(1 - confidence.mean()), abs=1e-5)
    still = s.evaluate("node", 1)
    assert still.info.metadata[GUESSED] == 0


def test_alpha_layers_and_metadata_stay() -> None:
    shot = plates("pan", layers=True)
    out = stage("pan", "4", shot).evaluate("node", 2)
    assert torch.equal(out["rgba"][3], shot(2)["rgba"][3]) and torch.equal(out["normal"], shot(2)["normal"])
    assert out.info.metadata["take"] == 3 and out.info.frames == (1, COUNT)


def test_data_windows_of_all_sorts() -> None:
    """A relit frame that covers a part of the shot says nothing of the rest, where light goes on alike."""
    part = Region(20, 10, 100, 60)
    half = picture(frame("pan", 4).plate[:, 10:60, 20:100] * 4, FRAME, part)
    s = stage("pan", "1", lambda n: picture(frame("pan", 4).plate, FRAME), half)
    for number in (1, 2):
        out = s.evaluate("node", number)
        assert_close(out["rgba"], frame("pan", 4).plate * 4, threshold=0.02, relative=0.03)
        assert float(out["confidence"][0, 20:50, 30:90].min()) > 0.9 and float(out["confidence"][0, :, :15].max()) < 0.1
    small = stage("pan", "1", lambda n: picture(frame("pan", 4).plate[:, 10:60, 20:100], FRAME, part))
    assert small.evaluate("node", 2).region == part


def test_flow_is_found_once_for_all_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    real = neighbors.motions_between
    monkeypatch.setattr(neighbors, "motions_between", lambda *a: (found.append(1), real(*a))[1])
    s = stage("track", "1,7")
    for number in range(1, COUNT + 1):
        s.evaluate("node", float(number))
    assert len(found) == COUNT - 1
    found.clear()
    stage("track", "1", step=3).evaluate("node", 6)
    assert len(found) == 2


def test_chains_are_settled_once_whatever_relit_frames_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    real = neighbors.settled
    monkeypatch.setattr(neighbors, "settled", lambda *a: (found.append(1), real(*a))[1])
    with known():
        s = stage("track", "1,7")
        for number in range(1, COUNT + 1):
            s.evaluate("node", float(number))
        assert len(found) == 3 * 2 + 2, "from frames 2 and 6 one of the references is next door"
        s.given("lit", relit("track", 2.0))
        s.evaluate("node", 3.0)
    assert len(found) == 8


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"references": "1,a"}, "references: 'a' is no frame range: expected 5, 1-10"),
        ({"references": ""}, "references: '' is no frame range"),
    ],
)
def test_references_that_are_none_are_a_sentence(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(NodeError, match=sentence):
        stage("pan", "1").set("node", **values).evaluate("node", 2)


def test_pictures_that_do_not_fit_are_a_sentence() -> None:
    small = picture(torch.rand(3, 12, 16))
    with pytest.raises(NodeError, match="the relit frame 1 is 16x12, expected 128x72 as the frame that is made"):
        stage("pan", "1", lit=small).evaluate("node", 2)
    depth = picture({"depth": noise(1, FRAME)}, FRAME)
    with pytest.raises(NodeError, match="input 'relit' at frame 1 has no layer 'rgba' with R, G and B"):
        stage("pan", "1", lit=depth).evaluate("node", 2)
    s = Stage().given("shot", plates("pan")).add("node", "LightPropagate", {"image": "shot"})
    with pytest.raises(NodeError, match="input 'relit' is not connected"):
        s.evaluate("node", 2)


def test_it_warns_where_a_layer_is_asked_for_that_is_not_there() -> None:
    vertex = stage("pan", "1", surfaces="follow", plate_light="replace").vertex("node", 2)
    said = vertex.node.warnings(vertex.ctx)
    assert len(said) == 2 and "no layer 'normal'" in said[0] and "no layer 'shading'" in said[1]
    vertex = stage("pan", "1", surfaces="cast").vertex("node", 2)
    assert vertex.node.warnings(vertex.ctx) == [
        "surfaces is 'cast', but the shot has no layer 'normal', so light sticks"
    ]


def test_it_warns_of_a_reference_that_the_shot_has_not() -> None:
    for references, said in (("1,12", ["reference 12 is none of the shot's frames, 1 to 7"]), ("1,7,12", [])):
        vertex = stage("pan", references).vertex("node", 2)
        assert vertex.node.warnings(vertex.ctx) == said
    still = picture(frame("pan", 4).plate, FRAME)
    vertex = stage("pan", "12", lambda n: still, still).vertex("node", 2)
    assert vertex.node.warnings(vertex.ctx) == [], "a picture that knows of no frames has all of them"


def test_it_stops_when_nobody_waits() -> None:
    s, token = stage("track", "7"), CancelToken()
    watched = []

    def watch(event: object) -> None:
        watched.append(event)
        if len(watched) > 4:
            token.cancel()

    with known(), pytest.raises(Cancelled):
        s.evaluator.evaluate(s.graph, s.project, Request("node", 1, None, None, 1.0, Tier.FINAL), token, watch)
