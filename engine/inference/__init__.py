"""Networks at work: the student and what it needs to be loaded and asked."""

from .codes import LightGuess as LightGuess
from .codes import light_strength as light_strength
from .detail import follow_edges as follow_edges
from .detail import reduce_picture as reduce_picture
from .lights import guess_of_rig as guess_of_rig
from .lights import rig_of_guess as rig_of_guess
from .manifest import Manifest as Manifest
from .manifest import write_weights as write_weights
from .model import Examined as Examined
from .model import StudentModel as StudentModel
from .model import cover_of as cover_of
from .model import load_student as load_student
from .precision import half_is_faster as half_is_faster
from .recording import Recording as Recording
from .recording import each_tensor as each_tensor
from .relighting import estimated_albedo as estimated_albedo
from .relighting import quarter_maps as quarter_maps
from .relighting import refine_light as refine_light
from .relighting import shade_estimate as shade_estimate
from .relighting import shade_guess as shade_guess
from .student import Prediction as Prediction
from .student import Student as Student
from .student import StudentConfig as StudentConfig
from .student import picture_level as picture_level
