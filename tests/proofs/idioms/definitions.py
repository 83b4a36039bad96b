"""Functions that a program defines itself: generic ones, native snippets, gradients, and wrong definitions."""

from tests.proofs.idioms.functions import HEAD, KERNEL

__all__ = ["HEAD", "KERNEL", "RIGHT", "WRONG"]

RIGHT = """
# generic results of ints
lo, hi = minmax(k, i)
x[lo] = float(hi)

# a generic array
d[i] = total_of(d)

# a zero of the same type
d[i] = zero_like(d[i])

# generic lengths
x[i] = dot_any(v[i], v[0])

# generic length of a literal
x[i] = dot_any(wp.vec2(a, a), wp.vec2(1.0, 2.0))

# a custom gradient
x[i] = soft(a)

# a native snippet
x[i] = fast_half(a)
---
snippet = "return x * 0.5f;"

@wp.func_native(snippet)
def fast_half(x: float) -> float: ...

# a native snippet that stores
put(x, i, a)
---
@wp.func_native("x[i] = value;")
def put(x: wp.array(dtype=float), i: int, value: float): ...

# a replayed function
x[i] = float(tick(n))
---
@wp.func
def tick(n: wp.array(dtype=int)):
    return wp.atomic_add(n, 0, 1)

@wp.func_replay(tick)
def replay_tick(n: wp.array(dtype=int)):
    return 0

@wp.kernel
def kernel(n: wp.array(dtype=int), x: wp.array(dtype=float)):
    i = wp.tid()
    x[tick(n)] = 1.0

# a generic kernel
---
@wp.kernel
def generic(x: wp.array(dtype=Any), s: Any):
    i = wp.tid()
    x[i] = x[i] * s

kernel = wp.overload(generic, [wp.array(dtype=float), float])

# an overload of a generic kernel by definition
---
@wp.kernel
def kernel(x: wp.array(dtype=Any), s: Any):
    i = wp.tid()
    x[i] = s

@wp.overload
def kernel(x: wp.array(dtype=wp.float64), s: wp.float64): ...

# the gradient of a function
g = wp.grad(square)(a)
x[i] = g

# a function defined later
x[i] = later(a)
---
@wp.func
def later(y: float):
    return even_later(y)

@wp.func
def even_later(y: float):
    return y + 1.0

# a keyword-only parameter
x[i] = shifted(a, by=1.0)
---
@wp.func
def shifted(y: float, *, by: float):
    return y + by

# a static function of a class
x[i] = Tools.cube(a)
---
class Tools:
    @staticmethod
    @wp.func
    def cube(y: float):
        return y * y * y

# a docstring and nothing else
note(a)
---
@wp.func
def note(y: float):
    \"\"\"Nothing.\"\"\"
"""
WRONG = """
# generic with two types
lo, hi = minmax(a, k)

# a function of other arguments
x[i] = apply(area2, a)
---
@wp.func
def area2(w: float, h: float):
    return w * h

# an array of two dimensions for one of one
x[i] = total_of(g)
---
@wp.kernel
def kernel(g: wp.array2d(dtype=float), x: wp.array(dtype=float)):
    x[0] = total(g, 3)

# recursion
x[i] = float(factorial(k))
---
@wp.func
def factorial(n: int) -> int:
    if n <= 1:
        return 1
    return n * factorial(n - 1)

# mutual recursion
x[i] = ping(a)
---
@wp.func
def ping(y: float) -> float:
    return pong(y)

@wp.func
def pong(y: float) -> float:
    return ping(y)

# returns of two types
x[i] = either(k)
---
@wp.func
def either(n: int):
    if n > 0:
        return 1.0
    return 0

# returns of two lengths
p, q = either(k)
---
@wp.func
def either(n: int):
    if n > 0:
        return 1.0, 2.0
    return 1.0

# another type than announced
x[i] = half(a)
---
@wp.func
def half(y: float) -> int:
    return y * 0.5

# no annotation
x[i] = half(a)
---
@wp.func
def half(y):
    return y * 0.5

# stars in the signature
x[i] = add_all(a, a)
---
@wp.func
def add_all(*values):
    return values[0]

# keywords in the signature
x[i] = pick(a, k=1)
---
@wp.func
def pick(y: float, **rest):
    return y

# a function within a function
def inner(y: float):
    return y
x[i] = inner(a)

# a missing keyword-only argument
x[i] = shifted(a)
---
@wp.func
def shifted(y: float, *, by: float):
    return y + by

# a generator
x[i] = steps(a)
---
@wp.func
def steps(y: float):
    yield y

# tid in a function
x[i] = own()
---
@wp.func
def own():
    t = wp.tid()
    return float(t[0])

# a name of the caller
x[i] = leak()
---
@wp.func
def leak():
    return a * 2.0

# a default that is a list
x[i] = pick(a)
---
@wp.func
def pick(y: float, table: list = [1.0]):
    return table[0]

# the gradient of an overloaded call with the wrong type
x[i] = wp.grad(square)(k)

# no such dtype
d[i] = zero_like(v)

# vectors of different dtypes
x[i] = dot_any(v[i], wp.vec3d())

# open scalars by another name
x[i] = first(v[i])
---
@wp.func
def first(y: wp.types.vector(length=Any, dtype=Any)):
    return y[0]

# an undecorated helper
x[i] = plain(a)
---
def plain(y: float) -> float:
    return y + 1.0

# a stored result in a kernel
---
@wp.kernel
def kernel(x: wp.array(dtype=float)) -> float:
    return x[0]
"""
