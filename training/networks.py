"""Networks that have a name, and what any of them is called in a sentence."""

from dataclasses import fields

from rimlight.engine import RimlightError, StudentConfig

NETWORKS = {
    "full": StudentConfig(),
    "small": StudentConfig(widths=(16, 32, 64, 96, 128), refiner=(32, 48)),
}
"""Sizes by name. A step of the small one takes half of the time: it gets further where there is little to train in."""


def network_of(name: str) -> StudentConfig:
    """The sizes of a name. Raises RimlightError when there are none."""
    if name not in NETWORKS:
        raise RimlightError(f"there is no network '{name}', there are {', '.join(NETWORKS)}")
    return NETWORKS[name]


def described(network: StudentConfig) -> str:
    """The name of a network, or all its sizes, so that any two are told apart."""
    for name, sizes in NETWORKS.items():
        if sizes == network:
            return f"the network '{name}'"
    values = {field.name: getattr(network, field.name) for field in fields(network)}
    return "a network of the " + ", ".join(
        f"{name} {list(value) if isinstance(value, tuple) else value}" for name, value in values.items()
    )
