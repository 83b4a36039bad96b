"""The tasks as other libraries want them; each module needs the library that it is called after."""
