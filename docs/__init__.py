"""The manual as it is installed: chapters, their pictures, the farm's template; `rimlight.engine.manual` reads them."""
