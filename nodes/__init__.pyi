"""What training and plugins need of the library beside its nodes, each name with its home."""

from .face.fitting import TALL as TALL
from .face.fitting import Points as Points
from .face.fitting import fitted as fitted
from .face.model import face_model as face_model
from .face.model import geometry as geometry
from .face.paint import MARKS as MARKS
from .face.paint import marks as marks
from .learned.inference import Inference as Inference

def load() -> None: ...
