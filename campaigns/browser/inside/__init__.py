"""What runs in Pyodide."""
