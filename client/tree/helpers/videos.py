"""Helpers of `videos`."""

from ....core.programs import videos as programs
from ...binding.program_method import helper
from ...binding.resource import M, Resource


class VideosHelpers(Resource[M]):
    """What `Videos` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = helper(programs.create_and_poll)
    poll = helper(programs.poll)
