"""Frameworks that were written for the official SDK, handed this client: `make frameworks`."""
