"""Helpers of `uploads`."""

from ....core.programs import uploads as programs
from ...binding.program_method import helper
from ...binding.resource import M, Resource


class UploadsHelpers(Resource[M]):
    """What `Uploads` offers beyond its endpoints."""

    __slots__ = ()

    upload_file_chunked = helper(programs.upload_file_chunked)
