"""Helpers of `videos`."""

from ....core.programs import videos as programs
from ...binding.deprecated import VIDEOS, deprecated
from ...binding.program_method import ProgramMethod
from ...binding.resource import M, Resource


class VideosHelpers(Resource[M]):
    """What `Videos` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = deprecated(ProgramMethod(programs.create_and_poll), VIDEOS)
    poll = deprecated(ProgramMethod(programs.poll), VIDEOS)
