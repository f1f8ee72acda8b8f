"""How good a result has to be."""

from enum import StrEnum

from .errors import ParameterError


class Tier(StrEnum):
    """Quality, lowest first. Part of the cache key of every node that reads it and of all that follow."""

    DRAFT = "draft"
    STUDENT = "student"
    FINAL = "final"

    @classmethod
    def named(cls, name: "Tier | str") -> "Tier":
        """A tier by its name. Raises ParameterError."""
        try:
            return cls(name)
        except ValueError:
            raise ParameterError(f"'{name}' is no tier, expected {', '.join(cls)}") from None

    @property
    def rank(self) -> int:
        """0 for the lowest quality."""
        return list(Tier).index(self)
