"""The evaluation: the truth scores best, baselines run, and the report says what was measured."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from rimlight.engine import FileError, RimlightError, StudentModel, load_student
from rimlight.training import metrics
from rimlight.training.augment import CORRUPTIONS
from rimlight.training.cases import Case, case_of, make_cases
from rimlight.training.display import displayed
from rimlight.training.evaluate import EvaluationConfig, evaluate, measure
from rimlight.training.methods import BASELINES, BOUND, Method, StudentMethod
from rimlight.training.nodes import write_exr
from rimlight.training.photo_cases import case_of_pair
from rimlight.training.photo_sheet import (
    COLUMNS,
    Photograph,
    find_photographs,
    photograph_tiles,
    write_photographs,
)
from rimlight.training.photographs import overcast
from rimlight.training.report import METRICS, _nodes, markdown, write_report
from rimlight.training.shipping import evaluate_files, named_files, ship_files
from rimlight.training.stage.lighting import KeyLight, Lighting
from rimlight.training.stage.relit import LightStage
from rimlight.training.timing import equivariance
from rimlight.training.trials import _strokes, run_trials
from tiny_stage import write_student, write_views

CONFIG = EvaluationConfig(views=1, lights=2, constancy=2, corrupted=1, nodes=0)


class Truth(Method):
    """A method that knows everything."""

    name = "truth"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {"albedo": case.view.albedo * 0.5, "normal": case.view.normal}

    def relit(self, case: Case) -> Tensor:
        return case.target.beauty

    def shadow_free(self, case: Case) -> Tensor | None:
        return case.shadow_free

    def direction(self, case: Case) -> Tensor:
        return case.source_light.direction[0]

    def color(self, case: Case) -> Tensor:
        return case.source.shading[:, case.view.surface[0] > 0.5].mean(1) * 3


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_views(tmp_path_factory.mktemp("views"), train=0, test=2)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_student(tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module")
def case(views: Path) -> Case:
    return next(iter(make_cases(views, (), lights=1)))


def test_the_truth_is_perfect(case: Case) -> None:
    found = measure(Truth(), case)
    assert found["relight_psnr"] == found["relight_psnr_absolute"] == found["albedo_si_psnr"] == 99
    assert found["relight_ssim"] == pytest.approx(1, abs=1e-5)
    assert found["normal_degrees"] < 0.1
    for name in ("light_degrees", "color_degrees"):
        assert found.get(name, 0) < 0.1


@pytest.mark.parametrize("method", BASELINES, ids=lambda m: m.name)
def test_a_baseline_is_measured_in_what_it_can_do(case: Case, method: Method) -> None:
    found = measure(method, case)
    assert set(found) <= set(METRICS) and all(abs(v) < 1e6 for v in found.values())
    best = measure(Truth(), case)
    for name in set(found) & {"relight_psnr", "albedo_si_psnr"}:
        assert found[name] < best[name]


def test_a_student_answers_where_cases_are_wherever_it_computes(
    case: Case, manifest: Path, device: torch.device
) -> None:
    found = measure(StudentMethod(load_student(manifest, device)), case)
    assert {"relight_psnr", "albedo_si_psnr", "normal_degrees", "color_degrees"} <= set(found)


def test_a_student_looks_once_at_a_case(case: Case, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    examine = StudentModel.examine
    monkeypatch.setattr(StudentModel, "examine", lambda self, *more: looks.append(1) or examine(self, *more))
    student = StudentMethod(load_student(manifest))
    first = measure(student, case)
    assert len(looks) == 1
    other = case.corrupted("noise", 1)
    assert measure(student, other) != first and measure(student, case) == first and len(looks) == 3


def test_a_room_is_judged_whole_and_has_no_matte(case: Case) -> None:
    room = replace(case.view, about={**case.view.about, "domain": "rooms"})
    judged = case_of(room, case.source)
    assert case.matte is not None and judged.matte is None
    assert torch.equal(judged.mask, (room.surface > 0.98).float()) and float(judged.mask.sum()) > float(case.mask.sum())
    for method in BASELINES:
        assert "nan" not in str(measure(method, judged))
    assert BASELINES[-1].relit(judged) is None  # a ball is no likeness of a room


def test_true_layers_are_all_there_is_where_nothing_casts_a_shadow(views: Path, case: Case) -> None:
    """What physics alone lacks of a rendered view is visibility."""
    seen = {name: torch.full_like(getattr(case.view, name), 255) for name in ("bits", "key_visibility")}
    stage = LightStage(replace(case.view, **seen, indirect=None))
    lit = stage.light(Lighting(torch.ones(3, 16, 32), keys=(KeyLight(0, 1.0),)))
    bare, found = case_of(stage.view, lit), BOUND.relit(case_of(stage.view, lit))
    assert metrics.display_psnr(found, lit.beauty, bare.mask) > 35
    assert set(measure(BOUND, case)) >= {"relight_psnr"} and "albedo_si_psnr" not in measure(BOUND, case)


def test_the_camera_that_took_a_picture_takes_the_one_without_shadow_too() -> None:
    truth = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.2 + 0.1
    case = case_of_pair(overcast(truth, "shadow", np.random.default_rng(5), "a photograph"))
    seen = case.corrupted("balance", 1)
    assert case.shadow_free is not None and seen.shadow_free is not None
    gain = seen.picture[:, 0, 0] / case.picture[:, 0, 0]
    torch.testing.assert_close(seen.shadow_free, case.shadow_free * gain[:, None, None])
    assert float((gain - 1).abs().max()) > 0.02
    assert measure(Truth(), seen, few=True) == {"shadow_psnr": 99}


def test_cases_are_the_same_every_time(views: Path) -> None:
    first, again = (list(make_cases(views, (), views=1, lights=2)) for _ in range(2))
    assert len(first) == 2 and all(torch.equal(a.picture, b.picture) for a, b in zip(first, again, strict=True))
    damaged = first[0].corrupted("noise", 1).picture
    assert not torch.equal(damaged, first[0].picture) and torch.equal(damaged, first[0].corrupted("noise", 1).picture)


def test_a_picture_without_its_shadow_is_brighter_where_the_shadow_was_and_the_same_elsewhere(views: Path) -> None:
    for case in make_cases(views, (), views=2, lights=3):
        if case.shadow_free is None:
            continue
        added = case.shadow_free - case.picture
        assert added.min() > -1e-5
        assert float(added[:, (case.source.shadow[0] > 0.999)].abs().max()) < 1e-5
        return
    pytest.fail("no case with a key light")


def test_a_student_is_evaluated_and_shipped(views: Path, manifest: Path, tmp_path: Path) -> None:
    student = StudentMethod(load_student(manifest, half=False))
    found = evaluate([student, Truth(), *BASELINES], views, (), CONFIG)
    assert found.counts == {"primitives": 2}
    assert found.clean["student"]["primitives"]["relight_psnr"] < found.clean["truth"]["primitives"]["relight_psnr"]
    assert found.clean["truth"]["primitives"]["albedo_constancy"] < 1e-5
    assert found.clean["identity"]["primitives"]["albedo_constancy"] > 0.01
    assert list(found.corruptions["student"]["primitives"]) == ["none", *CORRUPTIONS]
    assert found.numbers["primitives"]["relight_psnr"] == 2 and found.numbers["primitives"]["albedo_constancy"] == 1
    assert equivariance(student, found.pictures[0])["largest"] < 1e-2
    about = {"student": f"a test, sha256 {student.model.manifest.sha256}"}
    photographs = [Photograph(Path("wide.exr"), "a carpet", "CC0-1.0", True)]
    report = write_report(found, CONFIG, about, student, tmp_path / "report", photographs)
    (report.parent / "photographs.jpg").write_bytes(b"a picture")
    text = report.read_text()
    assert "a carpet (wide, CC0-1.0; held out)" in text and "](photographs.jpg)" in text
    assert "**99**" in text and "- student: a test" in text
    assert (report.parent / "grid.png").stat().st_size > 1000
    shipped = ship_files(manifest, report.parent / "report.json", "9.9.9", tmp_path / "models")
    model = load_student(shipped)
    assert shipped.name == "student-9.9.9.json" and model.manifest.version == "9.9.9"
    text = shipped.with_suffix(".md").read_text()
    for picture in ("student-9.9.9.jpg", "student-9.9.9-photographs.jpg"):
        assert f"]({picture})" in text and shipped.with_name(picture).stat().st_size > 0
    assert model.manifest.metrics["evaluation"]["primitives"]["relight_psnr"] < 99
    with pytest.raises(FileError, match="is no report of a student's evaluation"):
        ship_files(manifest, manifest, "1.0.0", tmp_path)
    with pytest.raises(RimlightError, match="--version newest: expected three numbers"):
        ship_files(manifest, report.parent / "report.json", "newest", tmp_path)
    write_report(found, CONFIG, {"student": "a test, sha256 of other weights"}, student, tmp_path / "other")
    with pytest.raises(FileError, match="has the figures of other weights"):
        ship_files(manifest, tmp_path / "other/report.json", "9.9.9", tmp_path / "never")
    write_report(found, replace(CONFIG, split="train"), about, student, tmp_path / "learned")
    with pytest.raises(FileError, match="has figures of the train split"):
        ship_files(manifest, tmp_path / "learned/report.json", "9.9.9", tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_photographs_under_a_shadow_are_measured_by_what_is_known_of_them() -> None:
    truth = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.2 + 0.1
    rng = np.random.default_rng(5)
    case = case_of_pair(overcast(truth, "shadow", rng, "a photograph"))
    perfect, nothing = measure(Truth(), case), measure(BASELINES[0], case)
    assert perfect["shadow_psnr"] == 99 and nothing["shadow_psnr"] < 40
    assert set(nothing) <= {"shadow_psnr", "shadow_psnr_inside", "shadow_psnr_edge", "shadow_psnr_outside",
                            "albedo_constancy"}  # fmt: skip
    assert nothing["albedo_constancy"] > 0.05
    ring = next(method for method in BASELINES if "ring" in method.name)
    assert measure(ring, case)["shadow_psnr"] > nothing["shadow_psnr"]


def test_nodes_are_tried_beside_doing_nothing(views: Path, manifest: Path) -> None:
    trials = run_trials(views, (), None, str(manifest), count=1)
    named = {trial.node: trial for trial in trials}
    nodes = "Delight Intrinsics Relight LightTransfer LightMatch LightMix LightSources LowLight LightBalance"
    assert set(nodes.split()) <= set(named)
    for trial in trials:
        assert all(math.isfinite(value) for value in trial.figures.values()) and len(trial.figures) > 1
    noise = named["LowLight"].figures
    assert noise["node"] > noise["Exposure by the same"]
    table = "\n".join(_nodes(trials))
    assert "| LowLight |" in table and "**" in table


def test_photographs_go_through_the_nodes(manifest: Path, tmp_path: Path) -> None:
    tiles = photograph_tiles(torch.rand(3, 40, 56), str(manifest))
    assert len(tiles) == len(COLUMNS) and all(t.shape[1:] == (40, 56) and bool(t.isfinite().all()) for t in tiles)
    write_exr(tmp_path / "wide.exr", torch.rand(3, 26, 52))
    photographs = [Photograph(tmp_path / "wide.exr", "a carpet", "CC0-1.0", True)] * 2
    write_photographs(tmp_path / "photographs.jpg", photographs, str(manifest))
    picture = cv2.imread(str(tmp_path / "photographs.jpg"))
    assert picture is not None and picture.shape == (2 * 104, 208 * len(COLUMNS), 3)


def test_what_was_trained_on_is_not_called_held_out() -> None:
    found = find_photographs(None)
    assert all(p.path.exists() for p in found) and [p.held_out for p in found] == [True, False, False]
    assert "held out" in str(found[0]) and "trained on" in str(found[1])


def test_strokes_stay_inside_their_matte() -> None:
    matte = torch.zeros(1, 96, 96)
    matte[:, 20:80, 20:80] = 1
    strokes = _strokes(matte)
    assert 0 < float(strokes.sum()) < 0.3 * float(matte.sum()) and float((strokes * (1 - matte)).sum()) == 0


def test_the_best_of_a_row_is_bold_also_when_less_is_better(views: Path) -> None:
    found = evaluate([Truth(), BASELINES[0]], views, (), EvaluationConfig(views=1, lights=1, constancy=0, nodes=0))
    lines = markdown(found, CONFIG, {}).splitlines()
    row = lines[lines.index("## Normals") + 6]
    assert row.startswith("| primitives | 1 | **") and json.dumps(found.clean)
    assert "grid" not in "".join(lines) and "## Equivariance, speed, size" not in lines  # there is no student


def test_metrics_have_their_closed_forms() -> None:
    mask, grey = torch.ones(1, 8, 8), torch.full((3, 8, 8), 0.25)
    assert metrics.psnr(torch.full((3,), 0.5), torch.full((3,), 0.6)) == pytest.approx(20.0)
    assert metrics.psnr(torch.tensor([0.5, torch.nan]), torch.full((2,), 0.5)) == 0
    assert metrics.angle_between(torch.tensor([1.0, 0, 0]), torch.tensor([1.0, 1.0, 0])) == pytest.approx(45)
    torch.testing.assert_close(metrics.matched(grey * 4, grey, mask), grey)
    assert metrics.albedo_psnr(grey * 7, grey, mask) == 99
    assert metrics.constancy([grey, grey * 5], mask) == pytest.approx(0, abs=1e-6)
    slope = torch.linspace(0.5, 1.5, 8).expand(3, 8, 8)
    assert metrics.constancy([slope, slope.flip(2)], mask) > 0.1
    assert metrics.display_psnr(grey * 1.1, grey, mask) < 99
    # Of flat pictures a and b, SSIM is (2 a b + c) / (a a + b b + c) with c = 0.01 ** 2; 0.25 is shown as 0.537.
    dim = float(displayed(grey / 2)[0, 0, 0])
    wanted = (2 * 0.537 * dim + 1e-4) / (0.537**2 + dim**2 + 1e-4)
    assert metrics.similarity(grey / 2, grey, mask) == pytest.approx(wanted, abs=1e-3)


def test_the_zones_of_a_shadow_are_apart() -> None:
    visibility = torch.ones(1, 40, 40)
    visibility[:, 10:30, 10:30] = 0
    zones = metrics.shadow_zones(visibility, torch.ones(1, 40, 40))
    assert bool(zones["inside"][0, 20, 20]) and bool(zones["outside"][0, 2, 2]) and bool(zones["edge"][0, 20, 10])
    assert int(sum(z.int() for z in zones.values()).max()) == 1 and int(zones["inside"].sum()) == 14 * 14


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="for the report cannot be made"):
        evaluate_files(None, [], tmp_path, None, tmp_path / "file" / "report", CONFIG)


def test_arguments_that_name_no_file_are_told() -> None:
    assert named_files(["a=b.json"]) == {"a": Path("b.json")}
    with pytest.raises(RimlightError, match="--expert a: expected NAME=MANIFEST"):
        named_files(["a"])
