"""How Rimlight's models are made: a synthetic light stage, photographs, networks, training and evaluation.

Runs by `rimlight train …`. Imports the engine's face alone; nothing of the product imports it.
"""

if __name__ != "rimlight.training":
    raise ImportError("import rimlight.training, not training: the package lives under the product's name")
