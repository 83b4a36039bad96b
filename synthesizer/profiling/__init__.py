"""Reading kernels that people wrote as typed rules, and counting them. Nothing is imported or run."""
