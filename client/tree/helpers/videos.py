"""Helpers of `videos`."""

from ....core.programs import videos as programs
from ...binding.program_method import ProgramMethod
from ...binding.resource import M, Resource


class VideosHelpers(Resource[M]):
    """What `Videos` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = ProgramMethod(programs.create_and_poll)
    poll = ProgramMethod(programs.poll)
