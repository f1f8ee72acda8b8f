"""Pure tensor operations that nodes and plugins share: no parameters, no graph."""
