"""Drawing programs that are like those a profile was fitted to: typed, and defined by construction."""
