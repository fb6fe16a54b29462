"""Methods that are several calls: `async def` programs over a `Caller`, for every kind of client.

They are imported together with the resources that have them, so nothing else is imported here
before one of them runs.
"""
