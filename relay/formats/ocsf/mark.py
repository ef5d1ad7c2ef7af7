"""What the relay writes into the labels of its own documents, so that it knows them again."""

ALERT_LABEL = "relay:alert="
"""Before the id of the alert, in `metadata.labels`."""

TLP_LABEL = "tlp:"
"""Before the label of TLP 2.0, in `metadata.labels`."""
