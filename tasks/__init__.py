"""What is asked of a model about programs whose meaning we know, and how answers are scored."""
