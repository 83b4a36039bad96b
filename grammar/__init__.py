"""What can be written: types, signatures, productions, constructs, and the strategies that draw them."""
