"""The ``warpsmith`` command: a file per command, imported when it is called.

At its top a command imports what ``--help`` needs, nothing that imports Warp; what its work needs is imported in the
functions that do it.
"""
