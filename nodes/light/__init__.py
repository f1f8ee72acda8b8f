"""Nodes of light: lights and rigs, and what is lit by them."""
