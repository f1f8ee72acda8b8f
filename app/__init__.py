"""The desktop application. Everything that needs Qt lives here, and nothing below imports it."""

if __name__ != "rimlight.app":
    raise ImportError("import rimlight.app, not app: the package lives under the product's name")
