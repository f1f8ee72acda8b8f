"""The node graph: tiles and wires on a canvas over the script's graph, and all the gestures that edit it."""
