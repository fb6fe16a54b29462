"""Helpers of `files`."""

from ....core.programs import files as programs
from ...binding.program_method import helper
from ...binding.resource import M, Resource


class FilesHelpers(Resource[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    wait_for_processing = helper(programs.wait_for_processing)
