"""Sessions from Python: the examples of the manual, editing, history, several at once, paths."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import shots
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Expr,
    GraphError,
    NodeError,
    ParameterError,
    Region,
    RimlightError,
    ScriptError,
    Session,
    Settings,
    registry,
)
from rimlight.engine.evaluate.events import NodeEvent

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    """The Python in a page of the manual."""
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def scene() -> Session:
    """Constant -> Warm -> Soft -> Last, without files."""
    session = Session()
    session.set_project(format="32x18", frames=[1, 10])
    session.add("CheckerBoard", name="Source")
    session.add("Grade", "Source", name="Warm", multiply=2)
    session.add("Blur", "Warm", name="Soft", size=2)
    session.add("Grade", "Soft", name="Last", add=1)
    return session


@pytest.fixture
def plugin_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of plugins; what they register is forgotten afterwards."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(folder))
    Session()
    monkeypatch.setattr(registry, "plugins", dict(registry.plugins))
    before = {cls.kind for cls in registry}
    yield folder
    for kind in [cls.kind for cls in registry if cls.kind not in before]:
        registry.discard(kind)


def test_the_examples_of_the_manual_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shots.plates(tmp_path, range(1001, 1013), Region(0, 0, 64, 36))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    first, *others = blocks("python.md")
    exec(compile(first, "python.md", "exec"), names)
    pixels = names["pixels"]
    assert isinstance(pixels, np.ndarray) and pixels.shape == (36, 64, 4) and pixels.dtype == np.float32
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [f"screen.{f}.exr" for f in range(1001, 1011)]
    assert (tmp_path / "screen.rim").is_file()
    assert len(first.strip().splitlines()) <= 11
    for block in others:
        exec(compile(block, "python.md", "exec"), names)
    image, session = names["image"], names["s"]
    assert image["rgba"].shape == (4, 18, 32)  # type: ignore[index]
    assert isinstance(session, Session) and session.value("Grade1", "mix", 1006) == 0.5


def test_the_plugin_of_the_manual_works(plugin_path: Path) -> None:
    block, *_ = blocks("plugins.md")
    (plugin_path / "posterize.py").write_text(block)
    session = Session()
    report = {plugin.name: plugin for plugin in session.plugins}
    assert report["posterize"].error == "" and report["posterize"].kinds == ("mine.posterize",)
    source = session.add("Constant", color=(0.3, -0.6, 7.9, 1.0))
    steps = session.add("Posterize", source, step=0.5)
    assert session.evaluate(steps, region=Region(0, 0, 1, 1)).numpy()[0, 0].tolist() == [0.5, -0.5, 8.0, 1.0]


def test_the_report_on_plugins_names_the_bad_one(plugin_path: Path) -> None:
    (plugin_path / "bad.py").write_text("raise OSError('no licence server')\n")
    bad = next(plugin for plugin in Session().plugins if plugin.name == "bad")
    assert bad.error == "OSError: no licence server (bad.py, line 1)" and "Traceback" in bad.details


def values(session: Session, node: str = "Last") -> torch.Tensor:
    return session.evaluate(node)["rgba"]


def test_undo_and_redo(scene: Session) -> None:
    first = values(scene)
    scene.set("Warm", multiply=3)
    scene.add("Invert", "Last", name="More")
    changed = values(scene)
    assert not torch.equal(first, changed)
    assert scene.undo() and "More" not in scene.graph
    assert scene.undo() and torch.equal(values(scene), first)
    assert scene.redo() and torch.equal(values(scene), changed)
    assert scene.redo() and "More" in scene.graph and not scene.redo()
    assert scene.history.labels[-2:] == ["set Warm multiply", "add More"]


def test_a_fork_is_edited_by_itself_and_shares_the_cache(scene: Session) -> None:
    token = CancelToken()
    fork = scene.fork(token)
    assert fork.graph is scene.graph and fork.history.dirty == scene.history.dirty
    fork.add("color.grade", name="Other")
    assert "Other" in fork.graph and "Other" not in scene.graph
    assert fork.undo() and not fork.undo() and scene.history.position > 0
    assert fork.evaluator is scene.evaluator
    token.cancel()
    with pytest.raises(Cancelled):
        fork.evaluate("Last")
    scene.evaluate("Last")


def test_a_refused_edit_changes_nothing(scene: Session) -> None:
    before, steps = scene.graph, scene.history.position
    for edit, error in (
        (lambda: scene.set("Warm", multiply=3, mix=2), ParameterError),
        (lambda: scene.set("Warm", mutliply=3), GraphError),
        (lambda: scene.set("Nope", size=1), GraphError),
        (lambda: scene.express("Warm", mix="1 +"), ParameterError),
        (lambda: scene.connect("Warm", "image", "Last"), GraphError),
        (lambda: scene.connect("Warm", "pictures", "Source"), GraphError),
        (lambda: scene.remove("Soft", "Nope"), GraphError),
        (lambda: scene.add("Blurr"), GraphError),
        (lambda: scene.add("Blur", "Nope"), GraphError),
        (lambda: scene.add("Merge", ["Last", "Warm"]), GraphError),
        (lambda: scene.add("Blur", "Last", size=-1), ParameterError),
        (lambda: scene.rename("Soft", "Warm"), GraphError),
        (lambda: scene.paste("{"), ScriptError),
        (lambda: scene.set_project(format="wide"), ScriptError),
        (lambda: scene.set_project(fps="slow"), ScriptError),
        (lambda: scene.set_project(size="HD"), ScriptError),
    ):
        with pytest.raises(error):
            edit()
    assert scene.graph is before and scene.history.position == steps


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 10**400, "half", None])
def test_a_proxy_scale_that_is_none_is_refused(scene: Session, scale: Any) -> None:
    for ask in (scene.info, scene.evaluate):
        with pytest.raises(ParameterError, match=r"the proxy scale is .*, expected a number above 0"):
            ask("Last", scale=scale)


@pytest.mark.parametrize("frame", [float("nan"), float("inf"), 10**400, -(10**400), "first", (1, 2), 1j])
def test_a_frame_that_is_no_number_is_refused(scene: Session, frame: Any) -> None:
    asked = (
        lambda: scene.info("Last", frame=frame),
        lambda: scene.evaluate("Last", frame=frame),
        lambda: scene.value("Soft", "size", frame=frame),
    )
    for ask in asked:
        with pytest.raises(ParameterError, match=r"the frame is .*, expected a finite number"):
            ask()


@pytest.mark.parametrize("region", [Region(500, 2, 520, 9), Region(-9, 2, -2, 9), Region(2, 400, 9, 420)])
def test_outside_of_the_data_window_there_is_nothing(scene: Session, region: Region) -> None:
    scene.add("Constant", name="White", color=(1.0, 1.0, 1.0, 1.0), format="64x32")
    image = scene.evaluate("White", region=region)
    assert image.region.is_empty and image["rgba"].shape[0] == 4 and image["rgba"].numel() == 0
    around = image.numpy(region=region)
    assert around.shape == (region.height, region.width, 4) and not around.any()
    partly = scene.evaluate("White", region=Region(60, 30, 70, 40))
    assert partly.region == Region(60, 30, 64, 32) and bool((partly["rgba"] == 1).all())


def test_a_tier_that_is_none_is_refused(scene: Session, tmp_path: Path) -> None:
    scene.add("Write", "Last", name="Out", file=str(tmp_path / "a.exr"))
    for ask in (
        lambda: scene.evaluate("Last", tier="best"),
        lambda: scene.render("Out", "1", tier="best"),
        lambda: scene.wedge("Last", {"Warm.mix": (0, 1)}, tier="best"),
    ):
        with pytest.raises(ParameterError, match="'best' is no tier, expected draft, student, final"):
            ask()
    assert not list(tmp_path.iterdir())


def test_set_express_connect_and_remove(scene: Session) -> None:
    scene.set("Warm", multiply=(1, 2, 3, 1), channels="rgba")
    assert scene.value("Warm", "multiply") == (1.0, 2.0, 3.0, 1.0)
    scene.set("Warm", mix=Curve.from_data([[1, 0.0, "linear"], [11, 1.0, "linear"]]))
    scene.express("Last", mix="Warm.mix / 2")
    assert (scene.value("Warm", "mix", 6), scene.value("Last", "mix", 6)) == pytest.approx((0.5, 0.25))
    scene.connect("Last", "image", "Source")
    scene.remove("Soft", "Warm")
    assert list(scene.graph) == ["Source", "Last"]
    scene.set("Last", mix=1)
    scene.connect("Last", "image", None)
    with pytest.raises(NodeError, match=r"Last.*not connected"):
        values(scene)


def test_what_does_not_exist_is_said(scene: Session) -> None:
    with pytest.raises(RimlightError, match="Nope"):
        scene.evaluate("Nope")
    with pytest.raises(RimlightError, match="Nope"):
        scene.info("Nope")
    with pytest.raises(GraphError, match="no parameter 'size'"):
        scene.value("Warm", "size")
    with pytest.raises(NodeError, match="no layer 'albedo'"):
        scene.evaluate("Warm", layers=["albedo"])
    with pytest.raises(RimlightError, match="toaster"):
        Session(device="toaster")


def test_graph_edits_by_path(scene: Session) -> None:
    before = values(scene)
    assert scene.insert_after("Warm", "Invert", name="Turn") == "Turn"
    assert scene.graph["Soft"].inputs["image"] == "Turn"
    scene.extract("Turn")
    assert scene.graph["Soft"].inputs["image"] == "Warm" and torch.equal(values(scene), before)
    scene.express("Last", mix="Warm.mix")
    assert scene.rename("Warm", "Heat") == "Heat"
    assert scene.graph["Last"].values["mix"] == Expr("Heat.mix")
    names = scene.duplicate("Soft", "Last")
    assert scene.graph[names["Last"]].inputs["image"] == names["Soft"]
    scene.remove("Turn", *names.values())

    group = scene.group("Heat", "Soft", name="Look")
    assert group == "Look" and torch.equal(values(scene), before)
    assert scene.promote("Look", "Soft.size") == "size"
    scene.set("Look", size=5)
    assert scene.value("Look", "size") == scene.value("Look/Soft", "size")
    scene.set("Look/Heat", multiply=4)
    assert scene.add("Invert", "Soft", inside="Look", name="Turn") == "Look/Turn"
    scene.connect("Look/Turn", "image", "Look/Heat")
    assert scene.rename("Look/Turn", "Flip") == "Look/Flip"
    scene.remove("Look", "Look/Flip")
    assert "Look" not in scene.graph, "in whatever order they are named"
    scene.undo()
    scene.remove("Look/Flip")
    with pytest.raises(RimlightError, match="different groups"):
        scene.duplicate("Look/Heat", "Last")
    inner = scene.ungroup("Look")
    assert scene.value(inner["Soft"], "size") == scene.value("Soft", "size") and "Look" not in scene.graph
    assert scene.history.labels[-1] == "ungroup Look"
    while scene.undo():
        pass
    assert len(scene.graph) == 0


def test_copy_and_paste_between_sessions(scene: Session) -> None:
    other = Session()
    other.add("Constant", name="Soft")
    names = other.paste(scene.copy("Warm", "Soft"))
    assert names == {"Warm": "Warm", "Soft": "Soft1"}
    assert other.graph["Soft1"].inputs == {"image": "Warm"} and "image" not in other.graph["Warm"].inputs
    assert other.value("Warm", "multiply")[0] == 2.0


def computed(session: Session, node: str) -> list[str]:
    events: list[NodeEvent] = []
    session.evaluate(node, watch=events.append)
    return [event.path for event in events if event.state == "done"]


def test_after_a_knob_of_the_last_node_it_alone_is_computed(scene: Session) -> None:
    assert set(computed(scene, "Last")) == {"Source", "Warm", "Soft", "Last"}
    for level in (2, 3):
        scene.set("Last", add=level)
        assert computed(scene, "Last") == ["Last"]
    scene.undo()
    assert computed(scene, "Last") == []


def test_the_input_of_a_touched_point_node_is_kept(scene: Session) -> None:
    scene.add("Multiply", "Last", name="End", value=2)
    scene.evaluate("End")
    scene.set("End", value=3)
    scene.evaluate("End")
    scene.set("End", value=4)
    assert computed(scene, "End") == ["End"]


def test_two_sessions_do_not_disturb_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sessions = [Session(Settings(host_bytes=size)) for size in (1 << 26, 0)]
    for session, size, level in zip(sessions, ("16x8", "24x12"), (1.0, 2.0), strict=True):
        session.set_project(format=size, fps=24 * level, frames=[int(level), int(level)])
        session.add("Constant", name="A", color=(level, level, level, 1.0))
        session.add("Blur", "A", name="B", size=level)
        session.add("Write", "B", name="Out", file=f"{size}.####.exr", raw=True)
    assert [s.evaluate("B").region for s in sessions] == [Region(0, 0, 16, 8), Region(0, 0, 24, 12)]
    assert [float(values(s, "B")[0, 4, 4]) for s in sessions] == [1.0, 2.0]
    assert [s.evaluator.cache.stats()["host"].bytes > 0 for s in sessions] == [True, False]
    written = [str(tmp_path / name) for name in ("16x8.0001.exr", "24x12.0002.exr")]
    assert [s.render().results[0].path for s in sessions] == written
    sessions[0].undo()
    assert "Out" not in sessions[0].graph and "Out" in sessions[1].graph
    assert sessions[1].project.fps == 48.0


def test_relative_paths_follow_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, frames in ((here, range(1, 2)), (there, range(7, 8))):
        folder.mkdir()
        shots.plates(folder, frames)
    monkeypatch.chdir(here)
    session = Session()
    session.add("Read", name="Plate", file="plate.####.exr")
    assert session.info("Plate").frames == (1, 1)
    assert session.history.dirty
    session.save(there / "shot.rim")
    assert not session.history.dirty and session.path == there / "shot.rim"
    assert session.info("Plate").frames == (7, 7)
    session.undo()
    session.redo()
    assert session.info("Plate").frames == (7, 7)
    monkeypatch.chdir(tmp_path)
    assert Session.open("there/shot.rim").info("Plate").frames == (7, 7)
    session.add("Write", "Plate", file="out/plate.####.exr")
    session.render(frames="7")
    assert (there / "out" / "plate.0007.exr").is_file()


def test_a_script_that_cannot_be_loaded_leaves_the_session_as_it_was(scene: Session, tmp_path: Path) -> None:
    (tmp_path / "bad.rim").write_text("{")
    with pytest.raises(ScriptError):
        scene.load(tmp_path / "bad.rim")
    assert "Last" in scene.graph and scene.path is None
    with pytest.raises(RimlightError, match="needs a file name"):
        scene.save()


def test_the_device_may_be_given_beside_the_settings() -> None:
    session = Session(Settings(host_bytes=5 << 20), device="cpu:0")
    assert session.settings.device == "cpu:0" and session.settings.host_bytes == 5 << 20


@pytest.mark.parametrize("text", ["-1", "many", "nan", "inf"])
def test_a_wrong_budget_in_the_environment_is_said(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIMLIGHT_CACHE_GB", text)
    with pytest.raises(ScriptError, match=f"RIMLIGHT_CACHE_GB={text}: expected a number of GiB"):
        Session()


def test_the_cache_folder_in_the_environment_is_a_name_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RIMLIGHT_CACHE_DIR", "~/cache")
    assert Settings.from_environment().disk_folder == str(tmp_path / "cache")
    monkeypatch.setenv("RIMLIGHT_CACHE_DIR", "~nobody-of-that-name/cache")
    with pytest.raises(ScriptError, match=r"RIMLIGHT_CACHE_DIR: file .* no user nobody-of-that-name"):
        Session()


def test_values_of_numpy_and_paths_are_taken_as_numbers_and_text(scene: Session, tmp_path: Path) -> None:
    scene.set("Warm", multiply=np.array([1, 2, 3, 1], np.float32), mix=np.float32(0.5))
    assert scene.value("Warm", "multiply") == (1.0, 2.0, 3.0, 1.0) and scene.value("Warm", "mix") == 0.5
    scene.set("Soft", size=np.int64(3), disable=np.bool_(True))
    assert scene.value("Soft", "disable") is True
    out = scene.add("Write", "Last", file=tmp_path / "a.####.exr")
    assert scene.value("Soft", "size") == (3.0, 3.0) and scene.value(out, "file") == str(tmp_path / "a.####.exr")
    saved = scene.save(tmp_path / "a.rim")
    assert Session.open(saved).value("Warm", "multiply") == (1.0, 2.0, 3.0, 1.0)
    for node, wrong in (
        ("Warm", {"multiply": np.ones(3)}),
        ("Warm", {"multiply": np.ones((2, 2))}),
        ("Warm", {"mix": np.float32("nan")}),
        ("Warm", {"mix": np.array(["a"])}),
        ("Warm", {"channels": tmp_path}),
        ("Warm", {"mix": 10**400}),
        ("Warm", {"mix": np.array([10**400], object)}),
        ("Warm", {"multiply": (1.0, 1.0, 1.0, -(10**5000))}),
        ("Warm", {"mix": "0.5"}),
        ("Warm", {"mix": Expr(0.5)}),
    ):
        with pytest.raises(ParameterError):
            scene.set(node, **wrong)


def test_one_layer_is_asked_for_by_its_name(scene: Session) -> None:
    assert list(scene.evaluate("Last", layers="rgba").layers) == ["rgba"]


@pytest.mark.parametrize("frames", [1, (1, 2), range(3)])
def test_frames_that_are_no_text_are_told(scene: Session, tmp_path: Path, frames: object) -> None:
    scene.add("Write", "Last", file=tmp_path / "a.####.exr")
    for ask in (scene.render, scene.check, scene.files):
        with pytest.raises(ParameterError, match=r"is no frame range: expected a text, such as '1-10x2,20'"):
            ask(None, frames)
