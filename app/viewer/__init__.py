"""The viewer: pictures of nodes through the display's transform, compared, probed and drawn over."""
