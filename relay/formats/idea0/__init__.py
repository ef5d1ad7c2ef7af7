"""idea0. What is mapped: docs/formats/idea0.md."""
