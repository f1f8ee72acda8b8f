"""Picture files in and out."""

from .metadata import Box as Box
from .metadata import Chromaticities as Chromaticities
from .metadata import Double as Double
from .metadata import KeyCode as KeyCode
from .metadata import Opaque as Opaque
from .metadata import Rational as Rational
from .metadata import TimeCode as TimeCode
from .proxy import downscale as downscale
from .proxy import source_region as source_region
from .read import FileInfo as FileInfo
from .read import read_info as read_info
from .read import read_pixels as read_pixels
from .reader import Reader as Reader
from .sequence import FilePattern as FilePattern
from .sequence import format_frames as format_frames
from .sequence import nearest_frame as nearest_frame
from .sequence import parse_frames as parse_frames
from .sequence import replace_missing as replace_missing
from .sequence import resolve_frame as resolve_frame
from .sequence import stand_in as stand_in
from .write import WriteOptions as WriteOptions
from .write import Writer as Writer
from .write import check_write as check_write
from .write import write_formats as write_formats
from .write import write_image as write_image
