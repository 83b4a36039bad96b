"""Calls of functions: overloads, defaults, keywords, several results, functions as arguments."""

HEAD = """from typing import Any

import warp as wp


@wp.func
def scale(x: float, by: float = 2.0):
    return x * by


@wp.func
def area(w: float, h: float):
    return w * h


@wp.func
def area(r: float):
    return wp.pi * r * r


@wp.func
def area(v: wp.vec3):
    return wp.length(v)


@wp.func
def split(v: wp.vec3):
    return v[0], v[1], v[2]


@wp.func
def minmax(a: Any, b: Any):
    return wp.min(a, b), wp.max(a, b)


@wp.func
def weight(k: int) -> float:
    if k < 0:
        return 0.0
    return float(k)


@wp.func
def square(x: float):
    return x * x


@wp.func
def apply(f: wp.Function, x: float):
    return f(x)


@wp.func
def total(x: wp.array(dtype=float), n: int):
    s = float(0.0)
    for i in range(n):
        s += x[i]
    return s


@wp.func
def total_of(x: wp.array(dtype=Any)):
    s = x.dtype(0.0)
    for i in range(x.shape[0]):
        s += x[i]
    return s


@wp.func
def store(x: wp.array(dtype=float), i: int, value: float):
    x[i] = value


@wp.func
def swap(a: float, b: float) -> tuple[float, float]:
    return b, a


@wp.func
def zero_like(x: Any):
    return type(x)(0.0)


@wp.func
def dot_any(a: wp.types.vector(length=Any, dtype=wp.Float), b: wp.types.vector(length=Any, dtype=wp.Float)):
    s = a.dtype(0.0)
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


@wp.func
def soft(x: float):
    return wp.sqrt(x)


@wp.func_grad(soft)
def adj_soft(x: float, adj_ret: float):
    wp.adjoint[x] += adj_ret


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3), d: wp.array(dtype=wp.float64), a: float, k: int):
    i = wp.tid()
"""
RIGHT = """
# a default
x[i] = scale(a)

# a default given by keyword
x[i] = scale(a, by=3.0)

# all by keyword
x[i] = scale(by=a, x=x[i])

# overload of one number
x[i] = area(a)

# overload of two
x[i] = area(a, x[i])

# overload of a vector
x[i] = area(v[i])

# three results
r, g, b = split(v[i])
x[i] = r + g + b

# results into old names
p = a
q = a
p, q = swap(p, q)
x[i] = p - q

# results into elements is unpacked first
lo, hi = minmax(a, x[i])
x[i] = lo
x[i + 1] = hi

# a tuple kept whole
t = swap(a, x[i])
x[i] = t[0]

# several returns
x[i] = weight(k) * a

# a function as an argument
x[i] = apply(square, a)

# a builtin as an argument
x[i] = apply(wp.sin, a)

# a local that is a function
f = square
x[i] = f(a)

# sum of a slice
x[i] = total(x[1:4], 3)

# a function that stores
store(x, i, a)

# nested calls
x[i] = scale(area(scale(a)), by=square(a))

# a call as an index
x[int(weight(k))] = a

# an early return without a value in a kernel
if k < 0:
    return
x[i] = square(a)
"""
WRONG = """
# no default for the first
x[i] = scale()

# an unknown keyword
x[i] = scale(a, factor=3.0)

# a keyword twice
x[i] = scale(a, x=a)

# no overload of three
x[i] = area(a, a, a)

# no overload of an int
x[i] = area(k)

# two names for three results
p, q = split(v[i])

# three results for one element
x[i] = split(v[i])

# three results in a sum
x[i] = split(v[i]) + a

# results of another type
p = k
q = k
p, q = swap(a, a)

# a float for an int
x[i] = weight(a)

# a function without its call
x[i] = square

# an argument that is no function
x[i] = apply(a, a)

# an array of another type
d[i] = wp.float64(total(d, 3))

# one element instead of the array
x[i] = total(x[i], 3)

# what stores yields nothing
x[i] = store(x, i, a)

# a lambda
f = lambda y: y * 2.0
x[i] = f(a)

# a lambda of the module
x[i] = double(a)
---
double = lambda y: y * 2.0

# a dictionary of functions
x[i] = OPS["square"](a)
---
OPS = {"square": square}

# returns a value from a kernel
if k > 0:
    return a
x[i] = a
"""
