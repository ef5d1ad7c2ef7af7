"""IDEA0, of CESNET's Warden, Mentat and NEMEA. What is mapped: docs/formats/idea0.md."""
