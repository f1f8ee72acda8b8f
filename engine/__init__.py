"""Rimlight's engine: images, nodes, graphs, scripts, evaluation, colour and files. No Qt.

This is the face for nodes, plugins, training, the desktop and scripts; names are loaded when first used.
"""

import logging
import os
import sys

if __name__ != "rimlight.engine":
    raise ImportError("import rimlight.engine, not engine: the package lives under the product's name")

# Before torch is imported: OpenMP's threads spin while they wait for each other, which on a busy machine starves the
# one they wait for (measured: a chain 20 times slower beside four busy processes). Asleep they cost microseconds.
if "torch" in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
    logging.getLogger(__name__).warning(
        "torch was imported before rimlight.engine, so its threads spin while they wait, and beside other busy "
        "processes all takes many times as long: import rimlight.engine first, or start with OMP_WAIT_POLICY=PASSIVE"
    )
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from .faces import face_of

__getattr__, __dir__, __all__ = face_of(__name__, __file__)
