"""The schemas that `make chart` holds manifests to, made anew by `python -m tools.schemas`."""
