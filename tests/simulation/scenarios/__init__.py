"""Scenarios: what was said in which order, and what is lawful after it, a row a scenario."""
