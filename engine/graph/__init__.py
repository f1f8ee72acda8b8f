"""The graph of a script as an immutable value, and how it is edited."""

from .graph import GROUP as GROUP
from .graph import INPUT as INPUT
from .graph import NAME as NAME
from .graph import OUTPUT as OUTPUT
from .graph import Graph as Graph
from .graph import NodeState as NodeState
from .graph import check_socket as check_socket
from .graph import group_inputs as group_inputs
from .graph import output_type as output_type
from .graph import parameter_spec as parameter_spec
from .graph import socket_port as socket_port
