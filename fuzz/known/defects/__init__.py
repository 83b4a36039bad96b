"""The known defects of Warp, a module for each kind. A module has a tuple ``KNOWN``, and is found by that.

A row's name is that of the folder in ``fuzz/findings/`` with its reproducer. Defects that the grammar leaves out (see
``grammar/ledger.py``) need no row: no program has them.
"""
