"""How long a scan takes beside a client that only fetches. Standard library only; run by `scripts/bench`."""
