"""What is measured: the floor written by hand, and two clients that share one set of calls."""
