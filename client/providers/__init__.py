"""Endpoints of other houses, from the arguments that people give: Azure, Amazon Bedrock, Google Vertex.

Uses core alone; what signs for AWS and Google is imported when it first signs.
"""
