"""microsoft. What is mapped: docs/formats/microsoft.md."""
