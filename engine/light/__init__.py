"""Light by physics: rigs, cameras, surfaces, shading and shadows, in torch, differentiable, on every device."""
