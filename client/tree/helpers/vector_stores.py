"""Helpers of `vector_stores`."""

from ....core.programs import vector_stores as programs
from ...binding.program_method import helper
from ...binding.resource import M, Resource


class FilesHelpers(Resource[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = helper(programs.file_create_and_poll)
    poll = helper(programs.file_poll)
    upload = helper(programs.file_upload)
    upload_and_poll = helper(programs.file_upload_and_poll)


class FileBatchesHelpers(Resource[M]):
    """What `FileBatches` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = helper(programs.batch_create_and_poll)
    poll = helper(programs.batch_poll)
    upload_and_poll = helper(programs.batch_upload_and_poll)
