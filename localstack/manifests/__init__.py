"""Applies manifests that others wrote to real API servers; `tests/e2e/add_ons.rs` scans them."""
