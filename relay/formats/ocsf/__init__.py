"""ocsf. What is mapped: docs/formats/ocsf.md."""
