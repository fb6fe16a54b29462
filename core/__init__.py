"""The protocol core: pure code that builds requests and reads answers; it performs no I/O."""
