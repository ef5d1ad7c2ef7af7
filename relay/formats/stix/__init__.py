"""stix. What is mapped: docs/formats/stix.md."""
