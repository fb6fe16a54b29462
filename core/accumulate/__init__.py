"""What streams of events add up to: machines that take events and know the whole so far."""
