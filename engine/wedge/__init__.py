"""Wedges: a node's picture at several values of some parameters, side by side on one sheet."""

from .report import Tile as Tile
from .report import Wedge as Wedge
from .sheet import is_linear as is_linear
from .tiles import wedge as wedge
from .vary import Vary as Vary
from .vary import told_value as told_value
from .vary import typed_values as typed_values
