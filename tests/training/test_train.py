"""The training loop: it learns, stops at any minute, goes on where it was, and writes what the product loads."""

import csv
import dataclasses
import itertools
from pathlib import Path

import pytest
import torch

from rimlight.engine import FileError, Manifest, RimlightError, Student, load_student
from rimlight.training.checkpoint import State
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig
from rimlight.training.distill import Teachers
from rimlight.training.experts import expert_config
from rimlight.training.growth import begin_with, deepened
from rimlight.training.networks import network_of
from rimlight.training.objective import LossWeights
from rimlight.training.train import follow, learning_rate, train
from tiny_stage import TINY, write_views


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_views(tmp_path_factory.mktemp("views"), train=2, test=0)


def config(views: Path, **changes: object) -> TrainConfig:
    data = DataConfig((str(views),), size=32, pairs=2, lightings=2, pool=2, workers=0, repaint=0, enamel=0)
    plain = TrainConfig(data=data, student=TINY, minutes=1e9, half=False, log_steps=5, warm_up=5, steps=10, threads=1)
    return dataclasses.replace(plain, **changes)


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_student_learns_and_goes_on_from_its_checkpoint(views: Path, tmp_path: Path) -> None:
    path = train(config(views, steps=10), tmp_path)
    first = rows(tmp_path)
    assert [row["step"] for row in first] == ["5", "10"]
    with pytest.raises(FileError, match="is there already: resume it"):
        train(config(views), tmp_path)
    train(config(views, steps=20), tmp_path, resume=True)
    after = rows(tmp_path)
    assert [row["step"] for row in after][-1] == "20"
    assert float(after[-1]["total"]) < 0.9 * float(first[0]["total"])
    manifest = Manifest.read(path)
    assert manifest.trained["steps"] == 20 and manifest.parameters == sum(p.numel() for p in Student(TINY).parameters())
    model = load_student(path, half=False)
    layers = model.decompose(model.examine(torch.rand(3, 40, 50)))
    assert layers["albedo"].isfinite().all()
    assert len(list((tmp_path / "panels").glob("*.png"))) == 2
    assert TrainConfig.read(tmp_path / "config.json") == config(views, steps=20)


def test_a_run_is_not_resumed_as_another_and_keeps_its_configuration(views: Path, tmp_path: Path) -> None:
    base = train(config(views, steps=1), tmp_path / "base")
    run = tmp_path / "run"
    begun = config(views, steps=1, start=str(base))
    after = Manifest.read(train(begun, run)).trained["after"]
    assert after["sha256"] == Manifest.read(base).sha256 and after["steps"] == 1 and "sources" not in after
    wider = dataclasses.replace(TINY, widths=(8, 12, 16, 20, 28))
    with pytest.raises(FileError, match=r"is of a network of the widths \[8, 12, .*, not of .* 28\]"):
        train(dataclasses.replace(begun, student=wider), run, resume=True)
    for start, said in (("", "not with no other weights"), (str(run / "student.json"), r"not with .*student\.json")):
        with pytest.raises(FileError, match=rf"began with .*base.student\.json, {said}"):
            train(dataclasses.replace(begun, start=start), run, resume=True)
    with pytest.raises(FileError, match="began with no other weights, not with"):
        train(begun, tmp_path / "base", resume=True)
    assert TrainConfig.read(run / "config.json") == begun
    base.rename(tmp_path / "moved.json")
    gone = dataclasses.replace(begun, steps=2)
    assert Manifest.read(train(gone, run, resume=True)).trained["after"] == after
    moved = dataclasses.replace(begun, steps=3, start=str(tmp_path / "moved.json"))
    assert Manifest.read(train(moved, run, resume=True)).trained["after"] == after


def test_the_first_checkpoint_comes_within_a_minute_and_later_ones_in_their_time(
    views: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count(0, 20)
    monkeypatch.setattr("rimlight.training.train.time.monotonic", lambda: float(next(seconds)))
    saved: list[float] = []
    monkeypatch.setattr(State, "save", lambda state, path: saved.append(state.minutes * 60))
    train(config(views, steps=14, checkpoint_minutes=3.0, panel_minutes=1e9), tmp_path)
    assert saved == [40, 240, 280]  # of steps of 20 seconds, the last one at the end
    assert load_student(tmp_path / "student.json").manifest.trained["steps"] == 14


def test_processes_that_share_batches_end_together_with_the_same_step(views: Path, tmp_path: Path) -> None:
    path = train(config(views, steps=3, log_steps=1, processes=2), tmp_path)
    assert [row["step"] for row in rows(tmp_path)] == ["1", "2", "3"]
    assert Manifest.read(path).trained["steps"] == 3
    assert not (tmp_path / ".meeting").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_damaged_checkpoint_is_told(views: Path, tmp_path: Path, processes: int) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"nothing")
    with pytest.raises(FileError, match=r"checkpoint\.pt cannot be resumed from") as told:
        train(config(views, processes=processes), tmp_path, resume=True)
    assert "\n" not in str(told.value)


def test_an_expert_grows_out_of_a_student_and_is_as_good_at_first(views: Path, tmp_path: Path) -> None:
    base = train(config(views, steps=2), tmp_path / "base")
    grown = Student(deepened(TINY))
    begin_with(grown, base)
    before = load_student(base, half=False).student
    picture = torch.rand(1, 3, 48, 40)
    assert sum(p.numel() for p in grown.parameters()) > sum(p.numel() for p in before.parameters())
    with torch.inference_mode():
        a, b = before(picture), grown.eval()(picture)
    torch.testing.assert_close(a.shading, b.shading)
    torch.testing.assert_close(a.code, b.code)
    data = config(views).data
    path = train(expert_config("one_light", data, 1e-4, start=base), tmp_path / "expert")
    manifest = Manifest.read(path)
    assert manifest.config == deepened(TINY) and manifest.trained["after"]["sha256"] == Manifest.read(base).sha256
    with pytest.raises(RimlightError, match="cannot begin with"):
        begin_with(Student(TINY), path)


def test_the_rate_rises_stays_and_falls() -> None:
    plain = TrainConfig(rate=1.0, minutes=100, warm_up=10, decay=0.2)
    assert learning_rate(plain, 0, 0) == pytest.approx(0.1)
    assert learning_rate(plain, 50, 40) == 1
    assert learning_rate(plain, 50, 90) == pytest.approx(0.5)
    assert learning_rate(plain, 50, 100) == pytest.approx(0.01)


def test_the_running_mean_follows() -> None:
    a, b = Student(TINY), Student(TINY)
    before, now = a.stem.weight.clone(), b.stem.weight.clone()
    follow(a, b, 0.75)
    torch.testing.assert_close(a.stem.weight, 0.75 * before + 0.25 * now)


def test_every_loss_has_a_weight_and_experts_teach(views: Path, tmp_path: Path) -> None:
    data = config(views).data
    paths = {}
    for domain in ("synthetic", "one_light"):
        out = tmp_path / domain
        expert = expert_config(domain, data, 1e9, TINY)
        assert expert.data.lighting == ("one" if domain == "one_light" else "any")
        small = dataclasses.replace(expert, half=False, steps=2, threads=1)
        paths[domain] = str(train(small, out))
    out = tmp_path / "student"
    manifest = train(config(views, steps=5, log_steps=1, experts=paths), out)
    assert load_student(manifest).manifest.trained["steps"] == 5
    found = set(rows(out)[0]) - {"step", "minutes", "rate", "total", "gradient"}
    assert found == {f.name for f in dataclasses.fields(LossWeights)}
    assert all(float(row["teacher"]) > 0 for row in rows(out))


def test_an_expert_that_agrees_teaches_nothing(views: Path) -> None:
    from contextlib import nullcontext

    from rimlight.training.batches import load_batches

    torch.manual_seed(0)
    net = Student(TINY).eval()
    batch = next(load_batches(config(views).data, 0))
    clean = dataclasses.replace(batch, picture=batch.clean, gain=torch.ones_like(batch.gain))
    seen = net(clean.picture, clean.matte)
    teachers = Teachers({"synthetic": net, "one_light": net})
    assert float(teachers.losses(seen, clean, nullcontext())["teacher"].detach()) == pytest.approx(0, abs=1e-4)
    other = Teachers({"synthetic": Student(TINY).eval()})
    assert float(other.losses(seen, clean, nullcontext())["teacher"].detach()) > 0.01


def test_experts_go_where_the_batch_is(views: Path, device: torch.device) -> None:
    from contextlib import nullcontext

    from rimlight.training.batches import load_batches

    batch = next(load_batches(config(views).data, 0)).to(device)
    seen = Student(TINY).to(device)(batch.picture, batch.matte)
    expert = Student(TINY)
    found = Teachers({"synthetic": expert, "one_light": expert}).losses(seen, batch, nullcontext())["teacher"]
    assert found.device.type == device.type and float(found.detach()) > 0


def test_unknown_names_are_told(views: Path, tmp_path: Path) -> None:
    with pytest.raises(RimlightError, match="there is no network 'huge', there are full, small"):
        network_of("huge")
    with pytest.raises(RimlightError, match="there is no expert for 'dreams', there are synthetic, one_light"):
        expert_config("dreams", config(views).data, 1)
    with pytest.raises(RimlightError, match="there is no domain 'dreams'"):
        Teachers.read({"dreams": str(tmp_path)})


@pytest.mark.parametrize("text", ["{", '{"unknown": 1}'])
def test_a_damaged_configuration_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(FileError, match="cannot be read as a training's configuration"):
        TrainConfig.read(tmp_path / "config.json")
