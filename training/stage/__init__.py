"""The synthetic light stage: scenes rendered once into views, and views lit again and again."""

from .view import FORMAT as FORMAT
from .view import View as View
