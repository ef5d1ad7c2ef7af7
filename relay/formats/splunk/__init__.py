"""splunk. What is mapped: docs/formats/splunk.md."""
