"""Values with error bounds, and what operations make of them."""
