"""Tests of the local EKS: `python -m unittest discover -s localstack/tests -t localstack`."""
