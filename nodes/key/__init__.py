"""Nodes that pull mattes and take screen colour away."""
