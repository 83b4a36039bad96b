"""Runs kernels and their adjoints for another process: the child's side of :class:`ir.execute.Executor`.

It stands alone, and is run as a script, by the path of ``__main__.py``. It needs Python 3.9, NumPy and a Warp since
1.5, of which it uses public names alone; so the same programs can run under another release in another environment. Its
settings are JSON in ``argv[1]``; requests come on standard input and answers go to standard output, see ``frames``.
What data means is told by the annotations of a kernel's Python function, which are the same objects in all releases.

Modules import each other by relative names, for there the package is ``runner``, and nothing else of ours is there.
"""
