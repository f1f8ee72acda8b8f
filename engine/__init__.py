"""Rimlight's engine: images, nodes, graphs, scripts, evaluation, colour and files. No Qt.

This is the face for nodes, plugins, training, the desktop and scripts; names are loaded when first used.
"""

import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

if __name__ != "rimlight.engine":
    raise ImportError("import rimlight.engine, not engine: the package lives under the product's name")

# Before torch is imported: OpenMP's threads spin while they wait for each other, which on a busy machine starves the
# one they wait for (measured: a chain 20 times slower beside four busy processes). Asleep they cost microseconds.
if "torch" in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
    logging.getLogger(__name__).warning(
        "torch was imported before rimlight.engine, so its threads spin while they wait, and beside other busy "
        "processes all takes many times as long: import rimlight.engine first, or start with OMP_WAIT_POLICY=PASSIVE"
    )
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from .color import COLOR_ATTRIBUTES as COLOR_ATTRIBUTES
    from .color import ColorConfig as ColorConfig
    from .color import Colors as Colors
    from .color import ColorTransform as ColorTransform
    from .color import DisplayRenderer as DisplayRenderer
    from .color import Shader as Shader
    from .color import ShaderTexture as ShaderTexture
    from .color import attributes_of as attributes_of
    from .color import converts as converts
    from .color import display_shader as display_shader
    from .color import input_space as input_space
    from .color import to_uint8 as to_uint8
    from .compiling import compiled as compiled
    from .compiling import compiled_part as compiled_part
    from .context import CancelToken as CancelToken
    from .context import ComputeContext as ComputeContext
    from .context import Context as Context
    from .context import Need as Need
    from .context import Tier as Tier
    from .cores import side_by_side as side_by_side
    from .cosine import cosine_transform as cosine_transform
    from .cosine import inverse_cosine_transform as inverse_cosine_transform
    from .cosine import screened_poisson as screened_poisson
    from .curve import Curve as Curve
    from .curve import Extend as Extend
    from .curve import Interp as Interp
    from .curve import Key as Key
    from .curve_tensor import apply_curve as apply_curve
    from .declaring import defaulted as defaulted
    from .declaring import node as node
    from .declaring import renamed as renamed
    from .effects import AreaNode as AreaNode
    from .effects import Effect as Effect
    from .effects import Masked as Masked
    from .effects import PointNode as PointNode
    from .effects import mix_by as mix_by
    from .effects import put as put
    from .effects import take as take
    from .errors import Cancelled as Cancelled
    from .errors import FileError as FileError
    from .errors import GraphError as GraphError
    from .errors import NodeError as NodeError
    from .errors import ParameterError as ParameterError
    from .errors import PluginError as PluginError
    from .errors import RimlightError as RimlightError
    from .errors import ScriptError as ScriptError
    from .errors import let_go as let_go
    from .errors import listing as listing
    from .evaluate.code import code_key as code_key
    from .evaluate.evaluator import Evaluator as Evaluator
    from .evaluate.evaluator import Request as Request
    from .evaluate.events import NodeEvent as NodeEvent
    from .evaluate.survey import real as real
    from .evaluate.warned import warnings_of as warnings_of
    from .exposure import ExposureCheck as ExposureCheck
    from .exposure import check_exposure as check_exposure
    from .expression import Expression as Expression
    from .expression import ExpressionError as ExpressionError
    from .graph import Graph as Graph
    from .graph import NodeState as NodeState
    from .graph import group_inputs as group_inputs
    from .graph import output_type as output_type
    from .graph import parameter_spec as parameter_spec
    from .graph import socket_port as socket_port
    from .graph.clones import CLONE as CLONE
    from .graph.clones import declone as declone
    from .graph.clones import is_clone as is_clone
    from .graph.edits import POSITION as POSITION
    from .graph.edits import add as add
    from .graph.edits import as_clones as as_clones
    from .graph.edits import clone as clone
    from .graph.edits import delete as delete
    from .graph.edits import duplicate as duplicate
    from .graph.edits import extract as extract
    from .graph.edits import insert_on_wire as insert_on_wire
    from .graph.edits import main_socket as main_socket
    from .graph.edits import paste as paste
    from .graph.edits import swap_inputs as swap_inputs
    from .graph.grouping import demote as demote
    from .graph.grouping import rename_promoted as rename_promoted
    from .graph.links import find_link as find_link
    from .graph.links import write_link as write_link
    from .image import ESTIMATED as ESTIMATED
    from .image import Edges as Edges
    from .image import Image as Image
    from .image import ImageInfo as ImageInfo
    from .image import estimated_in as estimated_in
    from .inference import Examined as Examined
    from .inference import LightGuess as LightGuess
    from .inference import Manifest as Manifest
    from .inference import Prediction as Prediction
    from .inference import Recording as Recording
    from .inference import Student as Student
    from .inference import StudentConfig as StudentConfig
    from .inference import StudentModel as StudentModel
    from .inference import cover_of as cover_of
    from .inference import each_tensor as each_tensor
    from .inference import estimated_albedo as estimated_albedo
    from .inference import follow_edges as follow_edges
    from .inference import guess_of_rig as guess_of_rig
    from .inference import half_is_faster as half_is_faster
    from .inference import light_strength as light_strength
    from .inference import load_student as load_student
    from .inference import picture_level as picture_level
    from .inference import quarter_maps as quarter_maps
    from .inference import reduce_picture as reduce_picture
    from .inference import refine_light as refine_light
    from .inference import rig_of_guess as rig_of_guess
    from .inference import shade_estimate as shade_estimate
    from .inference import shade_guess as shade_guess
    from .inference import write_weights as write_weights
    from .inference.apply import Application as Application
    from .inference.apply import Call as Call
    from .inference.declaration import ModelManifest as ModelManifest
    from .inference.decomposition import Decomposition as Decomposition
    from .inference.decomposition import decomposition as decomposition
    from .inference.decomposition import decomposition_needs as decomposition_needs
    from .inference.decomposition import student_attributes as student_attributes
    from .inference.decomposition import student_key as student_key
    from .inference.provenance import model_attributes as model_attributes
    from .inference.provenance import model_stamps as model_stamps
    from .inference.service import ModelStore as ModelStore
    from .inference.sky import find_sky as find_sky
    from .io import Chromaticities as Chromaticities
    from .io import FileInfo as FileInfo
    from .io import FilePattern as FilePattern
    from .io import Reader as Reader
    from .io import WriteOptions as WriteOptions
    from .io import Writer as Writer
    from .io import downscale as downscale
    from .io import format_frames as format_frames
    from .io import nearest_frame as nearest_frame
    from .io import parse_frames as parse_frames
    from .io import replace_missing as replace_missing
    from .io import resolve_frame as resolve_frame
    from .io import source_region as source_region
    from .io import stand_in as stand_in
    from .io import write_formats as write_formats
    from .io.cameras import FoundCamera as FoundCamera
    from .io.cameras import camera_of_metadata as camera_of_metadata
    from .io.cameras import load_chan as load_chan
    from .io.shutter import exposures_of as exposures_of
    from .jsontext import from_json as from_json
    from .kinds import registry as registry
    from .layers import ALPHA as ALPHA
    from .layers import LEDGER_ERROR as LEDGER_ERROR
    from .layers import LIGHT_LAYERS as LIGHT_LAYERS
    from .layers import MAIN as MAIN
    from .layers import RGB as RGB
    from .layers import RGBA as RGBA
    from .layers import Layer as Layer
    from .layers import LayerKind as LayerKind
    from .layers import Selection as Selection
    from .layers import find_channel as find_channel
    from .layers import guess_kind as guess_kind
    from .layers import light_of as light_of
    from .layers import select as select
    from .light import ACESCG as ACESCG
    from .light import LIGHT_KINDS as LIGHT_KINDS
    from .light import LINEAR_REC709 as LINEAR_REC709
    from .light import NEUTRAL_KELVIN as NEUTRAL_KELVIN
    from .light import TURN_ORDERS as TURN_ORDERS
    from .light import Air as Air
    from .light import AreaLight as AreaLight
    from .light import Around as Around
    from .light import Camera as Camera
    from .light import Card as Card
    from .light import Cells as Cells
    from .light import DirectionalLight as DirectionalLight
    from .light import Distant as Distant
    from .light import Environment as Environment
    from .light import EnvironmentCache as EnvironmentCache
    from .light import EnvironmentLight as EnvironmentLight
    from .light import FittedLight as FittedLight
    from .light import Flag as Flag
    from .light import Light as Light
    from .light import LightGroup as LightGroup
    from .light import March as March
    from .light import Mixed as Mixed
    from .light import Model as Model
    from .light import Occluders as Occluders
    from .light import PointLight as PointLight
    from .light import Pose as Pose
    from .light import Profile as Profile
    from .light import Projection as Projection
    from .light import Reflectance as Reflectance
    from .light import Rig as Rig
    from .light import RigSource as RigSource
    from .light import Seen as Seen
    from .light import SphericalGaussians as SphericalGaussians
    from .light import SphericalHarmonics as SphericalHarmonics
    from .light import SpotLight as SpotLight
    from .light import Spread as Spread
    from .light import StandingLight as StandingLight
    from .light import Surface as Surface
    from .light import Walk as Walk
    from .light import WorkingSpace as WorkingSpace
    from .light import angles_of as angles_of
    from .light import area_means as area_means
    from .light import arrives_in_air as arrives_in_air
    from .light import beauty as beauty
    from .light import between_poses as between_poses
    from .light import blur_environment as blur_environment
    from .light import cast_shadow as cast_shadow
    from .light import convert_directions as convert_directions
    from .light import depth_from_normals as depth_from_normals
    from .light import depth_of as depth_of
    from .light import depth_steps as depth_steps
    from .light import direction_of as direction_of
    from .light import extract_key as extract_key
    from .light import fit_irradiance as fit_irradiance
    from .light import fit_light as fit_light
    from .light import flag_shares as flag_shares
    from .light import from_metallic as from_metallic
    from .light import head_angles as head_angles
    from .light import irradiance_map as irradiance_map
    from .light import kelvin_tint as kelvin_tint
    from .light import latlong_directions as latlong_directions
    from .light import latlong_solid_angles as latlong_solid_angles
    from .light import light_files as light_files
    from .light import light_level as light_level
    from .light import light_weight as light_weight
    from .light import load_profile as load_profile
    from .light import load_rig as load_rig
    from .light import merge_rigs as merge_rigs
    from .light import mixed_pixels as mixed_pixels
    from .light import moved_rig as moved_rig
    from .light import normals_of as normals_of
    from .light import occlusion as occlusion
    from .light import past_flags as past_flags
    from .light import past_flags_in_air as past_flags_in_air
    from .light import picture_of as picture_of
    from .light import project_harmonics as project_harmonics
    from .light import projected_size as projected_size
    from .light import rig_formats as rig_formats
    from .light import rig_from_json as rig_from_json
    from .light import rig_source as rig_source
    from .light import rig_to_json as rig_to_json
    from .light import rotate_environment as rotate_environment
    from .light import save_rig as save_rig
    from .light import scattered as scattered
    from .light import seen_past as seen_past
    from .light import sent_share as sent_share
    from .light import shade as shade
    from .light import spots_of as spots_of
    from .light import surroundings as surroundings
    from .light import tempered as tempered
    from .light import turn as turn
    from .light import unit as unit
    from .light import walked as walked
    from .light import weighed as weighed
    from .light import white_rgb as white_rgb
    from .light import working_space as working_space
    from .manual.book import anchor as anchor
    from .manual.book import write_book as write_book
    from .manual.pages import manual_index as manual_index
    from .manual.pages import manual_page as manual_page
    from .manual.pages import summary as summary
    from .measuring import measured_at as measured_at
    from .measuring import measured_parameters as measured_parameters
    from .measuring import measured_values as measured_values
    from .nodebase import Node as Node
    from .nodebase import Source as Source
    from .nodecheck import check_node as check_node
    from .nuke.conversion import NukeConversion as NukeConversion
    from .nuke.declare import NukeClass as NukeClass
    from .nuke.load import Imported as Imported
    from .nuke.load import import_nuke as import_nuke
    from .nuke.load import load_nuke as load_nuke
    from .nuke.reading import is_nuke as is_nuke
    from .nuke.report import ImportLine as ImportLine
    from .nuke.report import ImportReport as ImportReport
    from .nuke.writing import nuke_text as nuke_text
    from .params import Color as Color
    from .params import ColorA as ColorA
    from .params import Matrix3 as Matrix3
    from .params import Numbers as Numbers
    from .params import Port as Port
    from .params import Spec as Spec
    from .params import Vec2 as Vec2
    from .params import Vec3 as Vec3
    from .params import Vec4 as Vec4
    from .params import numbers as numbers
    from .params import param as param
    from .params import port as port
    from .paths import full_path as full_path
    from .plugins import Plugin as Plugin
    from .region import EMPTY as EMPTY
    from .region import FORMATS as FORMATS
    from .region import Format as Format
    from .region import Region as Region
    from .region import parse_format as parse_format
    from .render.doubts import doubts_by_node as doubts_by_node
    from .render.render import wanted_frames as wanted_frames
    from .render.report import FrameResult as FrameResult
    from .render.report import Report as Report
    from .render.targets import sinks as sinks
    from .safefile import read_regular as read_regular
    from .safefile import write_safely as write_safely
    from .script import Loaded as Loaded
    from .script import dumps as dumps
    from .script import load_script as load_script
    from .script import loads as loads
    from .script import read_nodes as read_nodes
    from .script import save_script as save_script
    from .script import text_of as text_of
    from .script.autosave import Autosave as Autosave
    from .script.autosave import Recovery as Recovery
    from .script.autosave import Schedule as Schedule
    from .script.autosave import find_recoveries as find_recoveries
    from .script.autosave import find_recovery as find_recovery
    from .script.autosave import may_be_autosaved as may_be_autosaved
    from .script.differences import difference as difference
    from .script.document import Document as Document
    from .script.history import History as History
    from .session import Session as Session
    from .settings import Project as Project
    from .settings import Settings as Settings
    from .solving import solved_at as solved_at
    from .solving import values_of as values_of
    from .sums import mean_of_all as mean_of_all
    from .sums import sum_of_all as sum_of_all
    from .tracking import Track as Track
    from .tracking import TrackingReport as TrackingReport
    from .tracking import Trail as Trail
    from .tracking import follow_tracks as follow_tracks
    from .tracking import is_track as is_track
    from .tracking import part_of as part_of
    from .tracking import tracks_of as tracks_of
    from .tracking import with_places as with_places
    from .usd.cameras import read_usd_camera as read_usd_camera
    from .usd.package import unpacked as unpacked
    from .values import Animated as Animated
    from .values import Expr as Expr
    from .values import from_data as from_data
    from .values import is_constant as is_constant
    from .values import to_data as to_data
    from .wedge import Tile as Tile
    from .wedge import Wedge as Wedge
    from .wedge import told_value as told_value
    from .wedge import typed_values as typed_values

_HOMES = {
    "color": "COLOR_ATTRIBUTES ColorConfig ColorTransform Colors DisplayRenderer Shader ShaderTexture attributes_of"
    " converts display_shader input_space to_uint8",
    "compiling": "compiled compiled_part",
    "context": "CancelToken ComputeContext Context Need Tier",
    "cores": "side_by_side",
    "cosine": "cosine_transform inverse_cosine_transform screened_poisson",
    "curve": "Curve Extend Interp Key",
    "curve_tensor": "apply_curve",
    "declaring": "defaulted node renamed",
    "effects": "AreaNode Effect Masked PointNode mix_by put take",
    "errors": (
        "Cancelled FileError GraphError NodeError ParameterError PluginError RimlightError ScriptError let_go listing"
    ),
    "evaluate.code": "code_key",
    "evaluate.evaluator": "Evaluator Request",
    "evaluate.events": "NodeEvent",
    "evaluate.survey": "real",
    "evaluate.warned": "warnings_of",
    "exposure": "ExposureCheck check_exposure",
    "expression": "Expression ExpressionError",
    "graph": "Graph NodeState group_inputs output_type parameter_spec socket_port",
    "graph.clones": "CLONE declone is_clone",
    "graph.edits": "POSITION add as_clones clone delete duplicate extract insert_on_wire main_socket paste swap_inputs",
    "graph.grouping": "demote rename_promoted",
    "graph.links": "find_link write_link",
    "image": "ESTIMATED Edges Image ImageInfo estimated_in",
    "inference": "Examined LightGuess Manifest Prediction Recording Student StudentConfig StudentModel cover_of"
    " each_tensor estimated_albedo follow_edges guess_of_rig half_is_faster light_strength load_student picture_level"
    " quarter_maps reduce_picture refine_light rig_of_guess shade_estimate shade_guess write_weights",
    "inference.apply": "Application Call",
    "inference.declaration": "ModelManifest",
    "inference.decomposition": "Decomposition decomposition decomposition_needs student_attributes student_key",
    "inference.provenance": "model_attributes model_stamps",
    "inference.service": "ModelStore",
    "inference.sky": "find_sky",
    "io": "Chromaticities FileInfo FilePattern Reader WriteOptions Writer downscale format_frames nearest_frame"
    " parse_frames replace_missing resolve_frame source_region stand_in write_formats",
    "io.cameras": "FoundCamera camera_of_metadata load_chan",
    "io.shutter": "exposures_of",
    "jsontext": "from_json",
    "kinds": "registry",
    "layers": "ALPHA LEDGER_ERROR LIGHT_LAYERS MAIN RGB RGBA Layer LayerKind Selection find_channel guess_kind"
    " light_of select",
    "light": "LIGHT_KINDS NEUTRAL_KELVIN AreaLight DirectionalLight EnvironmentLight Light PointLight"
    " SphericalGaussians SphericalHarmonics SpotLight ACESCG LINEAR_REC709 WorkingSpace light_level white_rgb"
    " kelvin_tint tempered"
    " Reflectance Around Distant Camera depth_of normals_of Environment EnvironmentCache extract_key convert_directions"
    " depth_from_normals LightGroup beauty picture_of shade March Occluders Seen cast_shadow occlusion Model Surface"
    " depth_steps from_metallic Mixed mixed_pixels Air Cells Walk arrives_in_air scattered walked"
    " blur_environment irradiance_map latlong_directions latlong_solid_angles rotate_environment Projection"
    " projected_size surroundings working_space Rig merge_rigs fit_irradiance fit_light FittedLight"
    " project_harmonics RigSource load_rig light_files rig_formats rig_from_json rig_source rig_to_json save_rig"
    " StandingLight Profile light_weight load_profile sent_share"
    " Card Flag Spread flag_shares past_flags past_flags_in_air seen_past spots_of area_means"
    " angles_of direction_of unit weighed TURN_ORDERS Pose between_poses head_angles turn moved_rig",
    "manual.book": "anchor write_book",
    "manual.pages": "manual_index manual_page summary",
    "measuring": "measured_at measured_parameters measured_values",
    "nodebase": "Node Source",
    "nodecheck": "check_node",
    "nuke.conversion": "NukeConversion",
    "nuke.declare": "NukeClass",
    "nuke.load": "Imported import_nuke load_nuke",
    "nuke.reading": "is_nuke",
    "nuke.report": "ImportLine ImportReport",
    "nuke.writing": "nuke_text",
    "params": "Color ColorA Matrix3 Numbers Port Spec Vec2 Vec3 Vec4 numbers param port",
    "paths": "full_path",
    "plugins": "Plugin",
    "region": "EMPTY FORMATS Format Region parse_format",
    "render.doubts": "doubts_by_node",
    "render.render": "wanted_frames",
    "render.report": "FrameResult Report",
    "render.targets": "sinks",
    "safefile": "read_regular write_safely",
    "script": "Loaded dumps load_script loads read_nodes save_script text_of",
    "script.autosave": "Autosave Recovery Schedule find_recoveries find_recovery may_be_autosaved",
    "script.differences": "difference",
    "script.document": "Document",
    "script.history": "History",
    "session": "Session",
    "settings": "Project Settings",
    "solving": "solved_at values_of",
    "sums": "mean_of_all sum_of_all",
    "tracking": "Track TrackingReport Trail follow_tracks is_track part_of tracks_of with_places",
    "usd.cameras": "read_usd_camera",
    "usd.package": "unpacked",
    "values": "Animated Expr from_data is_constant to_data",
    "wedge": "Tile Wedge told_value typed_values",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'rimlight.engine' has no attribute '{name}'")
    value = globals()[name] = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
