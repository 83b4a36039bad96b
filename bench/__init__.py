"""How fast every stage is, beside the time that Warp itself takes."""
