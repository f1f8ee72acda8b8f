"""What a manifest says of the data: what views and assets say themselves, no more, and of weights begun with too."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rimlight.engine import FileError, Manifest, StudentConfig
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig
from rimlight.training.provenance import Provenance, Sources
from tiny_stage import TINY, tiny_view

MAKEHUMAN = {"domain": "heads", "subject": "makehuman 4", "licences": "CC0-1.0, MakeHuman team, others; MIT, someone"}
SCANNED = {"domain": "heads", "subject": "ict 7", "licences": "MIT, an institute"}
ROOM = {"domain": "rooms", "subject": "chair", "licences": "CC-BY-4.0, a; CC0-1.0, b"}
PRIMITIVES = {"domain": "primitives", "subject": "primitives 0", "licences": "Apache-2.0 (made up)"}


def views(folder: Path, *told: dict[str, str]) -> str:
    """A folder of views that say of themselves what is told."""
    folder.mkdir(exist_ok=True)
    view = tiny_view(0, size=16)
    for about in told:
        number = len(list(folder.iterdir()))
        replace(view, about=about).save(folder / f"train-{about['domain']}-{number:08d}.safetensors")
    return str(folder)


def assets(root: Path, *rows: str) -> str:
    root.mkdir()
    (root / "LICENSES.csv").write_text("file,licence,author\n" + "".join(f"{row}\n" for row in rows))
    for row in rows:
        path = root / row.partition(",")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return str(root)


def manifest(path: Path, sources: Sources | None, data: str = "An older statement.") -> str:
    trained = {"steps": 3, **({"sources": asdict(sources)} if sources else {})}
    Manifest("student", "1", "w", "f00d", "MIT", data, "rgb", 1, TINY, trained=trained).write(path)
    return str(path)


def test_primitives_without_assets_claim_no_more(tmp_path: Path) -> None:
    config = TrainConfig(DataConfig((views(tmp_path / "v", PRIMITIVES),)))
    made = Provenance.of(config, tmp_path)
    assert made.after == {}
    assert made.sources.statement() == (
        "Synthetic views rendered by Rimlight's own light stage of primitives, from what is under Apache-2.0 (made up);"
        " lit by made-up lights."
    )


def test_views_and_assets_say_what_they_are(tmp_path: Path) -> None:
    folder = views(tmp_path / "v", MAKEHUMAN, SCANNED, ROOM)
    root = assets(
        tmp_path / "assets", "envmaps/256x128/sky.exr,CC0-1.0,x", "portraits/a.jpg,Public domain (NASA),x",
        "portraits/b.jpg,CC0-1.0 (as declared),y", "portraits/c.jpg,CC0-1.0 (as declared),y",
    )  # fmt: skip
    (tmp_path / "assets" / "portraits" / "unnamed.jpg").write_bytes(b"")  # is not used, so not told
    data = DataConfig((folder,), root, photographs=0.5)
    assert Provenance.of(TrainConfig(data), tmp_path).sources.statement() == (
        "Synthetic views rendered by Rimlight's own light stage of heads made with MakeHuman, heads of the ICT face"
        " model, rooms, from what is under CC-BY-4.0, CC0-1.0, MIT; lit by photographed environments (CC0-1.0) and"
        " made-up lights. Photographs (CC0-1.0 (as declared), Public domain (NASA)) behind them or under made-up"
        " shadows."
    )
    stage = Provenance.of(TrainConfig(replace(data, lighting="one", photographs=0.0)), tmp_path).sources
    assert stage.environments == () and stage.photographs == ()
    only = Provenance.of(TrainConfig(replace(data, domains=("rooms",))), tmp_path).sources
    assert only.views == ("rooms",) and only.licences == ("CC-BY-4.0", "CC0-1.0")


def test_what_is_rendered_meanwhile_is_told_and_damage_is_not(tmp_path: Path) -> None:
    folder = views(tmp_path / "v", PRIMITIVES)
    made = Provenance.of(TrainConfig(DataConfig((folder,))), tmp_path)
    views(tmp_path / "v", ROOM)
    (tmp_path / "v" / "train-heads-00000009.safetensors").write_bytes(b"nothing")
    (tmp_path / "v" / "test-heads-00000010.safetensors").write_bytes(b"nothing")
    made.look_again()
    assert made.sources.views == ("primitives", "rooms")
    views(tmp_path / "v", {"domain": "objects"})
    made.look_again()
    assert "no licence told" in made.sources.licences


def test_weights_begun_with_and_experts_are_told_too(tmp_path: Path) -> None:
    folder = views(tmp_path / "v", PRIMITIVES)
    heads = Sources(views=("heads of the ICT face model",), licences=("MIT",), environments=("CC0-1.0",))
    start = manifest(tmp_path / "base.json", heads)
    expert = manifest(tmp_path / "expert.json", Sources(photographs=("Public domain",)))
    config = TrainConfig(DataConfig((folder,)), start=start, experts={"photographs": expert})
    made = Provenance.of(config, tmp_path)
    assert made.after == {"sha256": "f00d", "steps": 3}
    assert made.sources.views == ("heads of the ICT face model", "primitives")
    assert made.sources.environments == ("CC0-1.0",) and made.sources.photographs == ("Public domain",)

    older = manifest(tmp_path / "older.json", None, "Everything. " * 1000)
    said = Provenance.of(replace(config, start=older), tmp_path).sources.statement()
    assert said.startswith("Synthetic views") and "Begun with weights of which is said: Everything." in said
    assert len(said) < 1000


def test_a_run_that_goes_on_tells_all_it_has_learned_from(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoint.pt").write_bytes(b"")
    kept = Sources(views=("objects",), licences=("MIT",))
    about = {"sources": asdict(kept), "after": {"sha256": "beef"}}
    Manifest("student", "1", "w", "f00d", "MIT", "", "rgb", 1, StudentConfig(), trained=about).write(
        run / "student.json"
    )
    config = TrainConfig(DataConfig((views(tmp_path / "other", ROOM),)), start=str(tmp_path / "gone.json"))
    made = Provenance.of(config, run)
    assert made.after == {"sha256": "beef"} and made.sources.views == ("objects", "rooms")


def test_what_is_missing_is_told_at_once(tmp_path: Path) -> None:
    folder = views(tmp_path / "v", PRIMITIVES)
    with pytest.raises(FileError, match="no views of the split 'train'"):
        Provenance.of(TrainConfig(DataConfig((str(tmp_path),))), tmp_path)
    with pytest.raises(FileError, match=r"folder of assets .*nowhere does not exist"):
        Provenance.of(TrainConfig(DataConfig((folder,), str(tmp_path / "nowhere"))), tmp_path)
    with pytest.raises(FileError, match="has no photographs"):
        Provenance.of(TrainConfig(DataConfig((folder,), assets(tmp_path / "assets"), photographs=0.1)), tmp_path)
    with pytest.raises(FileError, match=r"gone\.json cannot be read as a model's manifest"):
        Provenance.of(TrainConfig(DataConfig((folder,)), start=str(tmp_path / "gone.json")), tmp_path)
