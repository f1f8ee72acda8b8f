"""Files of profiles: whatever symmetry leaves out, the lamp is the same; damaged files say what is wrong."""

import math
from pathlib import Path

import pytest
import torch

from profiles import SHIPPED, ies, ldt, lumens_of, skirted_bulb, wall_washer
from rimlight.engine import FileError, Profile, load_profile
from rimlight.engine.light.profilefile import read_ies, read_ldt
from source import ROOT

VERTICAL = [5.0 * i for i in range(37)]


def quarter(v: float, h: float) -> float:
    """A lamp that is the same in all quarters."""
    return 100 + 40 * math.cos(math.radians(v)) + 30 * math.sin(math.radians(v)) * math.cos(math.radians(2 * h))


def half(v: float, h: float) -> float:
    """The same to both sides of its plane 0."""
    return quarter(v, h) + 20 * math.sin(math.radians(v)) * math.cos(math.radians(h))


def other_half(v: float, h: float) -> float:
    """The same to both sides of its plane 90."""
    return half(v, h - 90)


def crooked(v: float, h: float) -> float:
    return half(v, h - 35)


def around(first: float, last: float, step: float = 10.0) -> list[float]:
    return [first + step * i for i in range(round((last - first) / step) + 1)]


def same(one: Profile, other: Profile, most: float = 1e-3) -> None:
    assert one.kind == other.kind
    assert torch.equal(one.vertical, other.vertical) and torch.equal(one.horizontal, other.horizontal)
    torch.testing.assert_close(one.candela, other.candela, rtol=0, atol=most)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_lamps_that_ship_are_those_of_the_formulas(name: str) -> None:
    path = ROOT / "resources" / "profiles" / f"{name}.ies"
    profile, (candela, vertical, _) = load_profile(path), SHIPPED[name]
    assert profile.vertical.tolist() == pytest.approx(vertical)
    for i, h in enumerate(profile.horizontal.tolist()):
        wanted = torch.tensor([candela(v, h) for v in vertical])
        torch.testing.assert_close(profile.candela[i], wanted, rtol=1e-5, atol=1e-3)
    # What the file says of its lamps is all the light that there is.
    lines = path.read_text().splitlines()
    stated = float(lines[lines.index("TILT=NONE") + 1].split()[1])
    assert profile.lumens == pytest.approx(stated, rel=5e-3)


def test_every_symmetry_gives_the_lamp_of_the_whole_file() -> None:
    for candela, parts in (
        (quarter, [(0, 90), (0, 180), (90, 270), (0, 360), (0, 350)]),
        (half, [(0, 180), (0, 360), (0, 350)]),
        (other_half, [(90, 270), (0, 360)]),
        (crooked, [(0, 360), (0, 350)]),
    ):
        whole = read_ies(ies(VERTICAL, around(0, 360), candela), "lamp.ies")
        assert whole.horizontal.tolist() == around(0, 360)
        for first, last in parts:
            same(read_ies(ies(VERTICAL, around(first, last), candela), "lamp.ies"), whole)


def test_a_lamp_that_is_the_same_all_around_has_one_turn() -> None:
    profile = read_ies(ies(VERTICAL, [0.0], lambda v, h: 10 + v), "lamp.ies")
    assert profile.horizontal.tolist() == [0] and profile.candela.shape == (1, 37)
    turned = read_ies(ies(VERTICAL, around(0, 360, 30), lambda v, h: 10 + v), "lamp.ies")
    assert turned.lumens == pytest.approx(profile.lumens, rel=1e-6)


def test_turns_that_begin_elsewhere_go_all_around() -> None:
    """Files with 5, 15 .. 355 are not of the format's three kinds, and there are such."""
    profile = read_ies(ies(VERTICAL, around(5, 355), crooked), "lamp.ies")
    assert profile.horizontal.tolist() == [0, *around(5, 355), 360]
    seam = torch.tensor([(crooked(v, 355) + crooked(v, 5)) / 2 for v in VERTICAL])
    torch.testing.assert_close(profile.candela[0], seam, rtol=1e-5, atol=1e-4)
    assert torch.equal(profile.candela[0], profile.candela[-1])


@pytest.mark.parametrize(("kind", "number"), [("B", 2), ("A", 3)])
def test_types_a_and_b_mirror_their_right_side(kind: str, number: int) -> None:
    def lamp(v: float, h: float) -> float:
        return 50 + v / 10 + abs(h) / 5

    side = around(-90, 90)
    whole = read_ies(ies(side, side, lamp, kind=number), "lamp.ies")
    assert whole.kind == kind and whole.horizontal.tolist() == side
    same(read_ies(ies(side, around(0, 90), lamp, kind=number), "lamp.ies"), whole)


def test_factors_count_where_the_format_has_them() -> None:
    plain = read_ies(ies(VERTICAL, [0.0], half), "lamp.ies")
    same(read_ies(ies(VERTICAL, [0.0], half, multiplier=2.5, ballast=0.9), "lamp.ies"), plain)
    same(read_ies(ies(VERTICAL, [0.0], half, tilt="INCLUDE", unit=1), "lamp.ies"), plain)
    same(read_ies(ies(VERTICAL, [0.0], half, tilt="lamp.tlt"), "lamp.ies"), plain)
    # The factor of ballast and lamp together was one until 1991; later files have other things in its place.
    for head in ("IESNA91", ""):
        same(read_ies(ies(VERTICAL, [0.0], half, head=head, own=0.8), "lamp.ies"), plain)
    text = ies(VERTICAL, [0.0], half, head="IES:LM-63-2019").replace("\n1 1 50\n", "\n1 1.00001 50\n")
    same(read_ies(text, "lamp.ies"), plain)


def test_files_are_read_as_they_come() -> None:
    text = ies(VERTICAL, around(0, 90), quarter)
    plain = read_ies(text, "lamp.ies")
    same(read_ies(text.replace("\n", "\r\n"), "lamp.ies"), plain)
    same(read_ies(text.replace(" ", ", "), "lamp.ies"), plain)
    same(read_ies(text.replace("TILT=NONE", "Tilt = none"), "lamp.ies"), plain)
    same(read_ies(" ".join(text.partition("TILT=NONE\n")[2].split()).join(("TILT=NONE\n", "")), "lamp.ies"), plain)
    same(read_ies(text + "\x1a trailing words\n", "lamp.ies"), plain)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("TILT=NONE", "TLT=NONE", "this is no IES file: it has no line that begins with TILT="),
        ("1 -1 1 37 1 1 2", "1 -1 1 37 1 4 2", "the type of photometry is 4, expected 1 (C), 2 (B) or 3 (A)"),
        ("1 -1 1 37 1 1 2", "1 -1 1 37 1 1 3", "the unit of lengths is unknown, expected 1 (feet) or 2 (metres)"),
        ("1 -1 1 37 1 1 2", "1 -1 1 3.7 1 1 2", "the number of vertical angles is 3.7, expected a whole number from 1"),
        ("1 -1 1 37 1 1 2", "1 -1 1 2000 2000 1 2", "2000 x 2000 directions are too many"),
        ("0 5 10", "0 5 5", "the vertical angles do not rise"),
        ("0 5 10", "0 five 10", "'five' stands where vertical angle 2 of 37 is expected, a number"),
        ("0 5 10", "0 nan 10", "'nan' stands where vertical angle 2 of 37 is expected"),
        ("1 -1 1 37 1 1 2", "1 -1 1 37 9 1 2", "the file ends where candela value"),
        ("1 -1 1 37", "1 -1 -1 37", "expected candelas from 0 upwards"),
        ("1 -1 1 37", "1 -1 0 37", "and some light"),
        ("160 165 170", "160 165 200", "the vertical angles do not rise"),
    ],
)
def test_damaged_files_say_what_is_wrong(old: str, new: str, message: str) -> None:
    text = ies(VERTICAL, [0.0], half)
    assert old in text
    with pytest.raises(FileError) as caught:
        read_ies(text.replace(old, new, 1), "lamp.ies")
    assert str(caught.value).startswith("lamp.ies: ") and message in str(caught.value)


@pytest.mark.parametrize(("first", "last"), [(0.0, 60.0), (90.0, 180.0), (0.0, 170.0)])
def test_turns_that_no_symmetry_completes_are_refused(first: float, last: float) -> None:
    with pytest.raises(FileError, match=f"the horizontal angles go from {first:g} to {last:g}, expected 0 alone, or"):
        read_ies(ies(VERTICAL, around(first, last), half), "lamp.ies")


@pytest.mark.parametrize(
    ("symmetry", "candela"), [(0, crooked), (1, lambda v, h: 10 + v), (2, half), (3, other_half), (4, quarter)]
)
def test_eulumdat_is_the_same_lamp_turned_by_a_quarter(symmetry: int, candela: object) -> None:
    assert callable(candela)
    profile = read_ldt(ldt(symmetry, 36, VERTICAL, candela, lumens=2400), "lamp.ldt")
    wanted = read_ies(ies(VERTICAL, around(0, 360), lambda v, h: candela(v, h + 90)), "lamp.ies")
    if symmetry == 1:
        assert profile.horizontal.tolist() == [0]
        torch.testing.assert_close(profile.candela[0], wanted.candela[0])
    else:
        same(profile, wanted, 2e-3)


@pytest.mark.parametrize(
    ("line", "new", "message"),
    [
        (3, "7", "the symmetry is 7, expected 0 to 4"),
        (4, "many", "'many' stands where the number of planes is expected, a number"),
        (60, "", "an empty line stands where"),
    ],
)
def test_damaged_eulumdat_says_what_is_wrong(line: int, new: str, message: str) -> None:
    lines = ldt(4, 36, VERTICAL, quarter).splitlines()
    lines[line - 1] = new
    with pytest.raises(FileError) as caught:
        read_ldt("\n".join(lines), "lamp.ldt")
    assert str(caught.value).startswith("lamp.ldt: ") and message in str(caught.value)


def test_eulumdat_that_ends_early_is_told() -> None:
    lines = ldt(4, 36, VERTICAL, quarter).splitlines()
    with pytest.raises(
        FileError, match=r"lamp\.ldt: the file ends where the share of light that goes down is expected"
    ):
        read_ldt("\n".join(lines[:20]), "lamp.ldt")
    with pytest.raises(FileError, match="the file ends where intensity 370 of 370 is expected"):
        read_ldt("\n".join(lines[:-1]), "lamp.ldt")


def test_files_are_found_by_their_ending_and_read_anew_when_they_change(tmp_path: Path) -> None:
    path = tmp_path / "lamp.ies"
    path.write_bytes(b"\xef\xbb\xbf" + ies(VERTICAL, [0.0], half).encode())
    first = load_profile(path)
    assert load_profile(path) is first
    path.write_bytes(ies(VERTICAL, [0.0], half, about=["[MANUFAC] Lichtfabrik M\xfcller"]).encode("latin-1"))
    same(load_profile(path), first)
    (tmp_path / "lamp.LDT").write_text(ldt(1, 36, VERTICAL, half))
    assert load_profile(tmp_path / "lamp.LDT").candela.shape == (1, 37)
    path.unlink()
    with pytest.raises(FileError, match=r"lamp\.ies: the profile cannot be read: No such file"):
        load_profile(path)
    with pytest.raises(FileError, match="the profile cannot be read: it is a folder"):
        load_profile(tmp_path)


def test_light_together_is_the_same_by_other_steps() -> None:
    """A coarse file of a smooth lamp has nearly the light of a fine one."""
    for candela in (wall_washer, skirted_bulb):
        fine = read_ies(ies([1.0 * i for i in range(181)], around(0, 180, 2), candela), "lamp.ies")
        assert fine.lumens == pytest.approx(lumens_of(candela), rel=2e-3)
