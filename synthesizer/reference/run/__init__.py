"""Running a program: its source lowered to Python, and the threads of its launch."""
