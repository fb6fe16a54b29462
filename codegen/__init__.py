"""Development tool: the API description in, types, params, operations and resources out."""
