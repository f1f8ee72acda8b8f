"""Whether what a written picture says of its origin still holds: the stamp of `Write`, re-derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import FileError, RimlightError
from ..inference.folders import find_models
from ..inference.provenance import models_of
from ..inference.service import ModelStore
from ..io.reader import Reader
from ..tier import Tier
from .provenance import frame_stamp, render_stamp

if TYPE_CHECKING:
    from ..session import Session

Outcome = Literal["ok", "problem"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was found."""

    subject: str
    outcome: Outcome
    sentence: str


def verify_picture(path: Path, folders: Sequence[Path] = (), session: "Session | None" = None) -> list[Check]:
    """What a picture written by Rimlight says of its origin, compared with what is here.

    folders : where its models are looked for. session : on the script it is said to come from; without one, script and
    content key are not compared. Raises FileError when the file cannot be read or has no stamp.
    """
    metadata = Reader().info(path).image.metadata
    if "rimlight:version" not in metadata:
        raise FileError(f"{path} says nothing of where it comes from: it was not written by Rimlight's Write")
    checks = [_tier(metadata), *_models(metadata, folders)]
    return [*checks, *_script(metadata, session)] if session is not None else checks


def _tier(metadata: Mapping[str, Any]) -> Check:
    tier = str(metadata.get("rimlight:tier", ""))
    if tier not in list(Tier):
        return Check("tier", "problem", f"the tier is '{tier}', expected one of {', '.join(Tier)}")
    if tier != Tier.FINAL:
        return Check("tier", "problem", f"the picture is of tier {tier}, not final")
    return Check("tier", "ok", "the picture is of the final tier")


def _models(metadata: Mapping[str, Any], folders: Sequence[Path]) -> list[Check]:
    here = [found for found in find_models(folders) if found.weights is not None]
    store = ModelStore(folders=folders)
    checks = []
    for name, about in models_of(metadata).items():
        subject, sha256 = f"model {name}", about.get("sha256", "")
        lacking = [word for word in ("version", "sha256", "licence", "data") if not about.get(word)]
        if lacking:
            checks.append(Check(subject, "problem", f"its {', '.join(lacking)} is not stated"))
            continue
        same = next((found for found in here if found.sha256 == sha256), None)
        if same is None:
            others = sorted(found.sha256 for found in here if found.id == name)
            why = f"the one here has sha256 {others[0]}, the picture's {sha256}" if others else "it is not here"
            checks.append(Check(subject, "problem", why))
            continue
        assert same.weights is not None
        try:
            store.check(same.weights, sha256)
        except FileError as error:
            checks.append(Check(subject, "problem", str(error)))
            continue
        said = f"{same.path} holds it, sha256 {sha256}; licence {about['licence']}; trained on: {about['data']}"
        checks.append(Check(subject, "ok", said))
    return checks


def _script(metadata: Mapping[str, Any], session: "Session") -> list[Check]:
    try:
        node, frame = str(metadata["rimlight:node"]), float(metadata["rimlight:frame"])
        scale, tier = float(metadata["rimlight:scale"]), Tier(str(metadata["rimlight:tier"]))
    except (KeyError, ValueError):
        return [Check("script", "problem", "the stamp does not say node, frame, scale and tier as Write does")]
    here = render_stamp(session, tier, scale)
    checks = [
        _same("script", "the script", "rimlight:script_sha256", metadata, here),
        _same("colors", "the colour config", "rimlight:colors", metadata, here),
    ]
    try:
        vertices = session.evaluator.survey(session.graph, session.project, [node], frame, scale, tier)
        error = vertices[node, frame].error
        if error is not None:
            raise error
    except RimlightError as error:
        return [*checks, Check("key", "problem", f"the script does not give this picture any more: {error}")]
    here |= frame_stamp(vertices, (node, frame))
    return [*checks, _same("key", "what the picture is computed from", "rimlight:key", metadata, here)]


def _same(subject: str, what: str, name: str, metadata: Mapping[str, Any], here: Mapping[str, str]) -> Check:
    said, found = metadata.get(name), here[name]
    if said == found:
        return Check(subject, "ok", f"{what} is the one of the stamp")
    return Check(subject, "problem", f"{what} has changed: the stamp says {said}, found {found}")
