"""A local EKS: an emulated AWS account with real Kubernetes API servers behind it."""
