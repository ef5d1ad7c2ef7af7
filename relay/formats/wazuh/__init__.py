"""wazuh. What is mapped: docs/formats/wazuh.md."""
