"""Helpers of `uploads`."""

from ....core.programs import uploads as programs
from ...binding.program_method import ProgramMethod
from ...binding.resource import M, Resource


class UploadsHelpers(Resource[M]):
    """What `Uploads` offers beyond its endpoints."""

    __slots__ = ()

    upload_file_chunked = ProgramMethod(programs.upload_file_chunked)
