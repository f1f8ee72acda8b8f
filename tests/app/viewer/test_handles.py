"""What is written beside the points on the picture."""

from rimlight.app.viewer.handles import Handle, names_of


def test_points_are_called_by_their_nodes_only_where_several_have_some() -> None:
    """A face of thirty points had its node's name before each of them."""
    chin, brow, other = (
        Handle("Group1/FaceFit1", "chin", 1.0, 2.0),
        Handle("Group1/FaceFit1", "brow_left_outer", 3.0, 4.0),
        Handle("Light1", "position", 1.0, 2.0),
    )
    assert list(names_of([chin, brow]).values()) == ["chin", "brow left outer"]
    assert list(names_of([chin, other]).values()) == ["FaceFit1 chin", "Light1 position"]
    assert names_of([]) == {}
