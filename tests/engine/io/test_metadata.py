import pickle
import struct
from pathlib import Path

import pytest

from rimlight.engine import Image, ImageInfo, Region
from rimlight.engine.io.metadata import REC709, Box, Chromaticities, Double, KeyCode, Opaque, Rational, TimeCode, decode
from rimlight.engine.io.read import read_info
from rimlight.engine.io.write import WriteOptions, write_image
from rimlight.engine.layers import RGB

torch = pytest.importorskip("torch")

ATTRIBUTES = {
    "an int": 3,
    "a float": 1.5,
    "text": "naïve ☀",
    "empty": "",
    "double": Double(0.1),
    "v2i": (1, 2),
    "v3i": (1, 2, -3),
    "v2f": (1.0, 2.5),
    "v3f": (1.0, 2.5, -3.0),
    "m33": tuple(float(i) for i in range(9)),
    "m44": tuple(float(i) for i in range(16)),
    "floats": (1.0, 2.0, 3.0, 4.0, 5.0),
    "texts": ("left", "right"),
    "ratio": Rational(48000, 2002),
    "framesPerSecond": Rational(24, 1),
    "timeCode": TimeCode(0x01020304, 7),
    "keyCode": KeyCode(1, 2, 3, 4, 5, 6, 64),
    "box2i": Box(-1, 2, 3, 4),
    "box2f": Box(-1.5, 2.0, 3.0, 4.0),
    "chromaticities": REC709,
    "worldToCamera": tuple(float(i) for i in range(16)),
    "envmap": "cube",
    "m44d": Opaque("m44d", struct.pack("<16d", *range(16))),
    "v2d": Opaque("v2d", struct.pack("<2d", 1.0, 2.0)),
    "plugin": Opaque("studio type", b"\0\1\2"),
    "cryptomatte/bda530a/manifest": '{"a":"1c5381f5"}' * 5000,
}


@pytest.fixture
def image() -> Image:
    region = Region(0, 0, 2, 2)
    return Image(ImageInfo(region, region, (RGB,), metadata=ATTRIBUTES), region, {"rgba": torch.ones(3, 2, 2)})


def test_every_type_of_attribute_survives_a_file(tmp_path: Path, image: Image) -> None:
    write_image(image, tmp_path / "a.exr")
    found = read_info(tmp_path / "a.exr").metadata
    for name, value in ATTRIBUTES.items():
        if isinstance(value, Chromaticities | Box) or name == "framesPerSecond":
            assert type(found[name]) is type(value)
        if isinstance(value, Chromaticities):
            assert found[name] == pytest.approx(value)
        else:
            assert (name, type(found[name]), found[name]) == (name, type(value), value)


def test_what_describes_the_container_is_no_metadata(tmp_path: Path, image: Image) -> None:
    write_image(image, tmp_path / "a.exr", WriteOptions(metadata={"compression": "x", "name": "y", "dataWindow": 3}))
    assert set(read_info(tmp_path / "a.exr").metadata) == {"screenWindowCenter", "screenWindowWidth"}


def test_a_wrong_type_for_a_standard_attribute_is_left_out(tmp_path: Path, image: Image) -> None:
    wrong = {
        "chromaticities": "red",
        "timeCode": "01:02:03:04",
        "screenWindowCenter": 1,
        "envmap": "round",
        "owner": "me",
    }
    write_image(image, tmp_path / "a.exr", WriteOptions(metadata=wrong))
    found = read_info(tmp_path / "a.exr").metadata
    assert found["owner"] == "me"
    assert not {"chromaticities", "timeCode", "envmap"} & set(found)


def test_values_no_file_can_hold_become_text(tmp_path: Path, image: Image) -> None:
    write_image(image, tmp_path / "a.exr", WriteOptions(metadata={"big": 1 << 40, "none": None, "mixed": (1, "a")}))
    found = read_info(tmp_path / "a.exr").metadata
    assert (found["big"], found["none"], found["mixed"]) == (str(1 << 40), "None", "(1, 'a')")


def test_values_are_immutable_and_pickle() -> None:
    for value in ATTRIBUTES.values():
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
        hash(value)


def test_they_read_well() -> None:
    assert str(TimeCode(0x01020304, 0)) == "01:02:03:04"
    assert str(TimeCode(0x01020304 | 0x80808080 | 0x40, 0)) == "01:02:03:04"
    assert str(Rational(24, 1)) == "24/1"


def test_damaged_attributes_are_kept_as_bytes() -> None:
    assert decode("int", b"\1") == Opaque("int", b"\1")
    assert decode("stringvector", struct.pack("<i", 1 << 30)) == Opaque("stringvector", struct.pack("<i", 1 << 30))
    assert decode("envmap", b"\7") == Opaque("envmap", b"\7")


def test_luminance_weights_of_rec709() -> None:
    assert REC709.luminance() == pytest.approx((0.2126, 0.7152, 0.0722), abs=1e-4)


def test_text_of_another_encoding_keeps_its_letters(tmp_path: Path, image: Image) -> None:
    assert decode("string", "café".encode("latin-1")) == "café"
    assert decode("string", "café ☀".encode()) == "café ☀"
    assert decode("stringvector", struct.pack("<i", 4) + b"caf\xe9") == ("café",)
    write_image(image, tmp_path / "a.exr", WriteOptions(metadata={"who": decode("string", b"caf\xe9")}))
    assert read_info(tmp_path / "a.exr").metadata["who"] == "café"
