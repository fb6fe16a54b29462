"""Helpers of `vector_stores`."""

from ....core.programs import vector_stores as programs
from ...binding.program_method import ProgramMethod
from ...binding.resource import M, Resource


class FilesHelpers(Resource[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = ProgramMethod(programs.file_create_and_poll)
    poll = ProgramMethod(programs.file_poll)
    upload = ProgramMethod(programs.file_upload)
    upload_and_poll = ProgramMethod(programs.file_upload_and_poll)


class FileBatchesHelpers(Resource[M]):
    """What `FileBatches` offers beyond its endpoints."""

    __slots__ = ()

    create_and_poll = ProgramMethod(programs.batch_create_and_poll)
    poll = ProgramMethod(programs.batch_poll)
    upload_and_poll = ProgramMethod(programs.batch_upload_and_poll)
