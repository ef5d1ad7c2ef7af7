"""Suricata EVE. What is mapped: docs/formats/suricata.md."""
