"""The graph of a script as an immutable value, and how it is edited."""

from .graph import LINK_WORDS as LINK_WORDS
from .graph import NAME as NAME
from .graph import Graph as Graph
from .graph import NodeState as NodeState
from .graph import parameter_spec as parameter_spec
from .groups import GROUP as GROUP
from .groups import INPUT as INPUT
from .groups import OUTPUT as OUTPUT
from .groups import group_inputs as group_inputs
from .wiring import check_socket as check_socket
from .wiring import output_type as output_type
from .wiring import socket_port as socket_port
