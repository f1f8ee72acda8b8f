"""Settings of a viewer as plain data."""

from hypothesis import given
from hypothesis import strategies as st

from rimlight.app.viewer.settings import Channel, Compare, ViewerSettings, Zebra


def test_the_defaults_need_no_data() -> None:
    assert ViewerSettings().to_data() == {}
    assert ViewerSettings.from_data({}) == ViewerSettings()


def test_settings_survive_a_round_trip() -> None:
    settings = ViewerSettings(
        layer="normal", channel=Channel.MATTE, exposure=-1.5, gamma=2.2, compare=Compare.SPLIT_V,
        zebra=Zebra.CONFIDENCE, roi=(0.1, 0.2, 0.3, 0.4), roi_on=True, downrez=4, low=0.5, high=9.0, wipe_angle=-30.0,
        false_color=True, spot=15,
    )  # fmt: skip
    assert ViewerSettings.from_data(settings.to_data()) == settings


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(ViewerSettings.__dataclass_fields__)), json))
def test_damaged_data_leaves_usable_settings(data: dict[str, object]) -> None:
    settings = ViewerSettings.from_data(data)
    assert settings.gamma > 0
    assert 0 < settings.scale <= 1
    assert ViewerSettings.from_data(settings.to_data()) == settings
