"""The session's models: loaded once and shared, checked, let go."""

import gc
import json
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import smooth, tiny_student, wide
from rimlight.engine import FileError, RimlightError
from rimlight.engine.inference import service
from rimlight.engine.inference.backends import Network, load_network
from rimlight.engine.inference.declaration import Tiling
from rimlight.engine.inference.folders import find_models, model_folders
from rimlight.engine.inference.service import ModelPool, ModelStore


def store(nbytes: int = 1 << 30, **more: object) -> ModelStore:
    return ModelStore(nbytes=nbytes, **{"pool": ModelPool(), **more})  # type: ignore[arg-type]


def test_a_model_is_loaded_once_and_shared_by_stores(tmp_path: Path) -> None:
    pool = ModelPool()
    one, two = ModelStore(pool=pool), ModelStore(pool=pool)
    path, twin = smooth(tmp_path / "a"), smooth(tmp_path / "b", name="twin")
    assert one.model(path).network is one.model(path).network is two.model(path).network
    assert two.model(twin).network is one.model(path).network  # the same file under another manifest
    assert two.model(twin).manifest.id == "twin"
    assert one.model(wide(tmp_path)).network is not one.model(path).network


def test_sessions_of_a_process_share_by_themselves(tmp_path: Path) -> None:
    path = smooth(tmp_path)
    assert ModelStore().model(path).network is ModelStore().model(path).network


def test_threads_that_want_the_same_load_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []

    def slow(*args: object) -> Network:
        loads.append(threading.get_ident())
        time.sleep(0.2)
        return load_network(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "load_network", slow)
    path, models = smooth(tmp_path), store()
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda _: models.model(path).network, range(6)))
    assert len(loads) == 1 and all(network is found[0] for network in found)


def test_what_nobody_uses_is_let_go_by_size(tmp_path: Path) -> None:
    first, second = smooth(tmp_path), wide(tmp_path)
    models = store(nbytes=0)
    kept = weakref.ref(models.model(first).network)
    gc.collect()
    assert kept() is not None  # the last one stays whatever its size
    models.model(second)
    gc.collect()
    assert kept() is None
    held = models.model(first).network
    models.model(second)
    assert models.model(first).network is held  # in use, so not loaded again
    roomy = store()
    stays = weakref.ref(roomy.model(first).network)
    roomy.model(second)
    gc.collect()
    assert stays() is not None
    roomy.clear()
    gc.collect()
    assert stays() is None


def test_a_file_that_is_not_the_declared_one_is_said(tmp_path: Path) -> None:
    path, models = smooth(tmp_path), store()
    file = tmp_path / "smooth.pt"
    models.checked(path)
    good = file.read_bytes()
    file.write_bytes(good[:-1] + b"x")
    for ask in (models.checked, models.model):
        with pytest.raises(FileError, match=r"smooth\.pt is not the file its manifest declares: sha256 .*, expected "):
            ask(path)
    file.write_bytes(good)
    os.utime(file, ns=(1, 1))
    assert models.checked(path).id == "smooth" and models.model(path)
    file.unlink()
    for ask in (models.checked, store().model):
        with pytest.raises(FileError, match=r"smooth\.pt: the model's weights are not there"):
            ask(path)


def test_a_file_is_hashed_once_while_it_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = ModelPool()
    hashed = []
    real = pool._hashed
    monkeypatch.setattr(pool, "_hashed", lambda path: hashed.append(path) or real(path))
    path, models = smooth(tmp_path), ModelStore(pool=pool)
    for _ in range(3):
        models.checked(path)
    assert len(hashed) == 1
    os.utime(tmp_path / "smooth.pt", ns=(5, 5))
    models.checked(path)
    assert len(hashed) == 2


def test_a_changed_manifest_is_read_again(tmp_path: Path) -> None:
    path, models = smooth(tmp_path), store()
    assert models.manifest(path).version == "1"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "1.5"}))
    assert models.manifest(path).version == "1.5"


def test_a_file_of_another_kind_is_said(tmp_path: Path) -> None:
    path = smooth(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"kind": "pt2"}))
    with pytest.raises(FileError, match=r"smooth\.pt is no file of torch\.export with one model"):
        store().model(path)


def test_models_are_found_by_id_and_by_file(tmp_path: Path) -> None:
    path = smooth(tmp_path / "inner")
    models = store(folders=model_folders(str(tmp_path)))
    assert models.locate("smooth") == path
    assert models.locate("inner/smooth.json", str(tmp_path)) == path
    with pytest.raises(RimlightError, match="there is no model 'smoth', there are: smooth; RIMLIGHT_MODEL_PATH"):
        models.locate("smoth")


def test_a_model_whose_manifest_cannot_be_read_says_why_where_it_is_named(tmp_path: Path) -> None:
    text = smooth(tmp_path).read_text()
    (tmp_path / "bare.json").write_text(json.dumps({**json.loads(text), "licence": ""}))
    (tmp_path / "comma.json").write_text(text.rstrip().removesuffix("}") + ",}")
    (tmp_path / "notes.json").write_text("{,}")
    models = store(folders=model_folders(str(tmp_path)))
    with pytest.raises(RimlightError, match=r"bare\.json: licence"):
        models.locate("bare")
    with pytest.raises(RimlightError, match=r"comma\.json: line \d+, column \d+"):
        models.locate("comma")
    with pytest.raises(RimlightError, match="there is no model 'notes', there are: smooth;"):
        models.locate("notes")
    assert {f.id for f in find_models([tmp_path])} == {"bare", "comma", "smooth"}


def test_what_is_in_the_folders_is_told(tmp_path: Path) -> None:
    smooth(tmp_path)
    tiny_student(tmp_path / "ours")
    (tmp_path / "other.json").write_text("[]")
    broken = json.loads((tmp_path / "smooth.json").read_text()) | {"kind": "keras"}
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    found = {f.id: f for f in find_models([tmp_path, tmp_path / "none"])}
    assert set(found) == {"smooth", "broken", "student"}
    assert found["student"].kind == "student" and found["smooth"].licence == "Apache-2.0"
    assert "kind is 'keras'" in found["broken"].error


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (found,) = find_models([tmp_path, tmp_path / "none"])
    assert found.error == f"the folder {tmp_path} may not be read: permission denied"


def test_of_several_versions_in_a_folder_the_newest_counts(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0", "0.10.1", "1"):
        path = tiny_student(tmp_path, f"student-{version}")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version, "id": "student"}))
    models = store(folders=(tmp_path,))
    assert [found.version for found in models.found()] == ["1", "0.10.1", "0.10.0", "0.9.0"]
    assert models.student_path() == tmp_path / "student-1.json"
    first = tiny_student(tmp_path / "first")
    assert store(folders=(tmp_path / "first", tmp_path)).student_path() == first


def test_the_student_is_shared_too(tmp_path: Path) -> None:
    path, pool = tiny_student(tmp_path), ModelPool()
    one, two = (ModelStore(pool=pool, folders=(tmp_path,)) for _ in range(2))
    assert one.student() is two.student(path)
    assert one.student(half=False) is not one.student()
    assert one.student_manifest().id == "student"
    with pytest.raises(RimlightError, match="no student is installed"):
        store().student()


def test_warming_up_loads_and_runs(tmp_path: Path) -> None:
    models = store()
    path, student = wide(tmp_path), tiny_student(tmp_path)
    thread = threading.Thread(target=lambda: (models.warm_up(path), models.warm_up(student)))
    thread.start()
    thread.join(60)
    assert len(models._kept) == 2
    (tmp_path / "wide.pt").unlink()
    assert models.model(path)  # it is there already


def test_tiles_fit_the_machine_and_what_memory_said(tmp_path: Path) -> None:
    models = store()
    manifest = models.manifest(smooth(tmp_path))
    side = models.tile(manifest)
    assert 64 <= side <= 512 and models.tile(manifest, 96) == 96
    assert models.limited(manifest, side) == side
    models.shrunk(manifest, 80)
    assert models.limited(manifest, side) == 80 and models.limited(manifest, 64) == 64
    fixed = models.manifest(smooth(tmp_path, name="fixed", tile={"size": 64, "halo": 4, "blend": 0, "fixed": True}))
    assert fixed.tiling == Tiling(size=64, halo=4, blend=0, fixed=True) and models.tile(fixed, 200) == 56


def test_a_folder_of_models_in_a_home_that_nobody_has_is_empty() -> None:
    folders = model_folders("~no-such-user/models")
    assert str(folders[0]) == "~no-such-user/models" and find_models(folders[:1]) == []
