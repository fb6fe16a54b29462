"""Methods that are more than one endpoint: each class is the base of a generated resource."""
