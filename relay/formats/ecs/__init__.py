"""ecs. What is mapped: docs/formats/ecs.md."""
