"""Light by physics: rigs, cameras, surfaces, shading and shadows, in torch, differentiable, on every device."""

from . import equirect
from .around import Around as Around
from .brdf import Reflectance as Reflectance
from .camera import Camera as Camera
from .camera import depth_of as depth_of
from .camera import normals_of as normals_of
from .emitters import Distant as Distant
from .environment import Environment as Environment
from .environment import EnvironmentCache as EnvironmentCache
from .environment import blur_environment as blur_environment
from .environment import irradiance_map as irradiance_map
from .environment import rotate_environment as rotate_environment
from .fit import FittedLight as FittedLight
from .fit import fit_light as fit_light
from .keylight import extract_key as extract_key
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
from .occluders import March as March
from .occluders import Occluders as Occluders
from .photometry import ACESCG as ACESCG
from .photometry import LINEAR_REC709 as LINEAR_REC709
from .photometry import WorkingSpace as WorkingSpace
from .photometry import light_level as light_level
from .photometry import white_rgb as white_rgb
from .projections import Projection as Projection
from .projections import convert_directions as convert_directions
from .projections import projected_size as projected_size
from .relief import depth_from_normals as depth_from_normals
from .rig import Rig as Rig
from .rig import merge_rigs as merge_rigs
from .rigfile import load_rig as load_rig
from .rigfile import picture_file as picture_file
from .rigfile import rig_from_json as rig_from_json
from .rigfile import rig_to_json as rig_to_json
from .rigfile import save_rig as save_rig
from .rigfile import with_picture_file as with_picture_file
from .sh import fit_irradiance as fit_irradiance
from .sh import project_harmonics as project_harmonics
from .shading import LightGroup as LightGroup
from .shading import beauty as beauty
from .shading import picture_of as picture_of
from .shading import shade as shade
from .shadow import Seen as Seen
from .shadow import cast_shadow as cast_shadow
from .shadow import occlusion as occlusion
from .silhouettes import Mixed as Mixed
from .silhouettes import mixed_pixels as mixed_pixels
from .surface import Model as Model
from .surface import Surface as Surface
from .surface import from_metallic as from_metallic
from .surroundings import surroundings as surroundings
from .values import angles_of as angles_of
from .values import direction_of as direction_of
from .values import unit as unit
from .working import working_space as working_space

latlong_directions = equirect.directions
latlong_solid_angles = equirect.solid_angles
