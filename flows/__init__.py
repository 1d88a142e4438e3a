"""Flows: order and retries around the notebooks that Prefect workers execute."""
