"""OCI registries: artifacts, images and their references, by the distribution API."""
