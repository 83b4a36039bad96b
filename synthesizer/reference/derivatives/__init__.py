"""The tape of a run, and its reversal."""
