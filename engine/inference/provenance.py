"""Which models a picture comes from, in its metadata: an attribute for each, which Write puts into the file."""

import json
from collections.abc import Mapping
from typing import Any

from ..jsontext import from_json
from .declaration import ModelManifest
from .manifest import Manifest

MODEL_ATTRIBUTE = "rimlight:model:"
"""What the names of the attributes begin with; the model's id follows."""


def model_attributes(manifest: Manifest | ModelManifest) -> dict[str, str]:
    """The attribute that names a model: JSON with its version, sha256, licence and what it was trained on."""
    about = {
        "version": manifest.version, "sha256": manifest.sha256, "licence": manifest.licence, "data": manifest.data,
    }  # fmt: skip
    return {f"{MODEL_ATTRIBUTE}{manifest.id}": json.dumps(about)}


def model_stamps(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a picture that name models."""
    return {name: str(value) for name, value in metadata.items() if name.startswith(MODEL_ATTRIBUTE)}


def models_of(metadata: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The models that a picture's metadata names, by id; what does not read as such is an empty description."""
    found = {}
    for name, value in model_stamps(metadata).items():
        try:
            about = from_json(value)
        except ValueError:
            about = {}
        fields = about.items() if isinstance(about, dict) else ()
        found[name[len(MODEL_ATTRIBUTE) :]] = {str(k): str(v) for k, v in fields}
    return found
