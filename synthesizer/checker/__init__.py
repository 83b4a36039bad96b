"""The independent type checker's rooms; its public face is ``synthesizer/check.py``.

Nothing here knows how a program was drawn, and nothing here runs it. From ours it takes two facts only: which value
types there are (``grammar.types``) and what Warp's registry of builtins says (``grammar.registry``): its concrete
overloads, and for other types than the predefined ones the rules of its generic records. Every other rule is written
anew, from Warp's own behaviour.

It reads text with Python's own parser, fifty times quicker than a concrete tree. ``files`` reads files with care,
``scope`` notes which statements bind a name, ``project``, ``resolution`` and ``static`` find out what the name stands
for, across files and only when it is asked for, ``annotations`` what annotations mean. ``analysis`` takes each kernel
and function in turn, for the types that it gets; ``statements``, ``assignment`` and ``loops`` walk a body,
``expressions``, ``subscripts`` and ``calls`` give each expression a type, ``records``, ``builtins`` and ``arrays`` say
what a builtin makes of its operands, through ``foreign`` where only Warp's registry knows. ``verdicts`` sums up.

What cannot be known without running something is ``UNKNOWN``, which agrees with everything, and leaves a doubt: the
kernel's verdict is then *unknown*, with the reason, unless something else in it is wrong for sure.
"""
