"""misp. What is mapped: docs/formats/misp.md."""
