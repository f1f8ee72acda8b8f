"""The desktop application. Everything that needs Qt lives here, and nothing below imports it.

This is the face for plugins that bring a panel; names are loaded when first used.
"""

if __name__ != "rimlight.app":
    raise ImportError("import rimlight.app, not app: the package lives under the product's name")

from rimlight.engine import face_of

__getattr__, __dir__, __all__ = face_of(__name__, __file__)
