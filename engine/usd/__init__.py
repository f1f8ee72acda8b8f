"""Light rigs in files of Universal Scene Description (USD), as UsdLux has lights.

USD's library is an extra: it is imported when a USD file is met, never before.
"""

from .cameras import read_usd_camera as read_usd_camera
from .library import USD_SUFFIXES as USD_SUFFIXES
from .library import USD_WRITTEN as USD_WRITTEN
from .library import is_usd as is_usd
from .read import read_usd as read_usd
from .read import usd_layers as usd_layers
from .write import write_usd as write_usd
