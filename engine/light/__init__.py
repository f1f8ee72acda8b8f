"""Light by physics: rigs, cameras, surfaces, shading and shadows, in torch, differentiable, on every device."""

from .lights import LIGHT_KINDS as LIGHT_KINDS
from .lights import NEUTRAL_KELVIN as NEUTRAL_KELVIN
from .lights import AreaLight as AreaLight
from .lights import DirectionalLight as DirectionalLight
from .lights import EnvironmentLight as EnvironmentLight
from .lights import Light as Light
from .lights import PointLight as PointLight
from .lights import SphericalGaussians as SphericalGaussians
from .lights import SphericalHarmonics as SphericalHarmonics
from .lights import SpotLight as SpotLight
from .photometry import ACESCG as ACESCG
from .photometry import LINEAR_REC709 as LINEAR_REC709
from .photometry import WorkingSpace as WorkingSpace
from .photometry import light_level as light_level
from .photometry import white_rgb as white_rgb
from .rig import Rig as Rig
from .rig import merge_rigs as merge_rigs
from .rigfile import load_rig as load_rig
from .rigfile import rig_from_json as rig_from_json
from .rigfile import rig_to_json as rig_to_json
from .rigfile import save_rig as save_rig
from .values import angles_of as angles_of
from .values import direction_of as direction_of
