"""Nodes that take pictures to the uv of surfaces and back."""
