"""The public client: resources, credentials from the environment, response views."""
