"""Wazuh 4 alerts. What is mapped: docs/formats/wazuh.md."""
