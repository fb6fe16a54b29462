"""The top of the resource tree: the resources, and methods for paths that no resource has."""

from ..binding.methods import AnyPathMethod
from ..binding.resource import M
from .resources import Resources


class Root(Resources[M]):
    """What a client offers: its resources, and `get`, `post`, `put`, `patch`, `delete`."""

    __slots__ = ()

    get = AnyPathMethod()
    post = AnyPathMethod()
    put = AnyPathMethod()
    patch = AnyPathMethod()
    delete = AnyPathMethod()
