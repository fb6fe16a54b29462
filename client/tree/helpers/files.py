"""Helpers of `files`."""

from ....core.programs import files as programs
from ...binding.program_method import ProgramMethod
from ...binding.resource import M, Resource


class FilesHelpers(Resource[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    wait_for_processing = ProgramMethod(programs.wait_for_processing)
