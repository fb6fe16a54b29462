"""Helpers of `uploads`."""

from ...core.programs import uploads as programs
from ..helper import helper
from ..resource import M, Resource


class UploadsHelpers(Resource[M]):
    """What `Uploads` offers beyond its endpoints."""

    __slots__ = ()

    upload_file_chunked = helper(programs.upload_file_chunked)
