"""Asks a real API server what Pod Security says of generated pods; `tests/e2e/pod_security.rs` compares its answers with eksray's."""
