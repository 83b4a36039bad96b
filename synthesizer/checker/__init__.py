"""The independent type checker's rooms; its public face is ``synthesizer/check.py``.

Nothing here knows how a program was drawn, and nothing here runs it. From ours it takes two facts only: which value
types there are (``grammar.types``) and which concrete overloads Warp's registry has (``grammar.registry``). Every
typing rule is written anew, from Warp's own behaviour.

The way of a module: ``scope`` reads what its names stand for, ``annotations`` what its annotations mean, ``analysis``
takes each kernel and function in turn, ``statements``, ``assignment`` and ``loops`` walk a body, ``expressions``,
``subscripts`` and ``calls`` give each expression a type, ``overloads`` and ``builtins`` say what a builtin makes of its
operands.

What cannot be known without running something is ``UNKNOWN``, which agrees with everything: a checker of other people's
files may miss a fault, and must not invent one.
"""
