"""Oracles, campaigns, and the reducer of what they find."""
