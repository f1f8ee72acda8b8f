"""`rimlight nodes`."""

from commandline import Run
from rimlight.engine import registry


def test_nodes_lists_every_kind(rimlight: Run) -> None:
    done = rimlight("nodes")
    assert done.code == 0
    assert all(cls.kind in done.out and cls.label in done.out for cls in registry)
    found = {entry["kind"]: entry for entry in rimlight("nodes", "--json").data}
    assert found.keys() == {cls.kind for cls in registry}
    for entry in found.values():
        assert entry["label"] and entry["menu"] and entry["doc"]
        assert all({"name", "doc", "optional", "many"} <= port.keys() for port in entry["ports"])
        assert all({"name", "type", "size", "default", "doc"} <= p.keys() for p in entry["parameters"])
    mix = next(p for p in found["filter.blur"]["parameters"] if p["name"] == "mix")
    assert mix["type"] == "float" and mix["default"] == 1.0 and mix["hard"] == [0, 1]
    assert [p["name"] for p in found["merge.merge"]["ports"]][:2] == ["B", "A"]


def test_nodes_reports_on_plugins(rimlight: Run) -> None:
    assert "builtin" in rimlight("nodes", "--plugins").out
    report = rimlight("nodes", "--plugins", "--json").data
    assert next(p for p in report if p["name"] == "builtin")["error"] == ""
