"""The script file, what it holds, and its past."""

from .script import NUKE_SUFFIXES as NUKE_SUFFIXES
from .script import SCHEMA as SCHEMA
from .script import SUFFIX as SUFFIX
from .script import Loaded as Loaded
from .script import dumps as dumps
from .script import load_script as load_script
from .script import loads as loads
from .script import read_nodes as read_nodes
from .script import save_script as save_script
from .script import text_of as text_of
