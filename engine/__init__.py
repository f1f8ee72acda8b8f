"""Rimlight's engine: images, nodes, graphs, scripts, evaluation, colour and files. No Qt."""

if __name__ != "rimlight.engine":
    raise ImportError("import rimlight.engine, not engine: the package lives under the product's name")
