"""What is known before a kernel runs: wp.static, constants and tables of the file."""

HEAD = """import functools
import math
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
import warp as wp

SIZE = 6
vec_n = wp.types.vector(length=SIZE, dtype=float)
LIMITS = {"low": -1.0, "high": 1.0}
POINTS = np.array([0.0, 0.5, 1.0])


class Mode(IntEnum):
    FAST = 1
    SLOW = 2


def count_of(n):
    return n * 2


def choose(mode):
    return wp.sin if mode == Mode.FAST else wp.cos


@wp.func
def square(y: float):
    return y * y


@wp.func
def cube(y: float):
    return y * y * y


FUNCTIONS = [square, cube]


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype=float), n: wp.array(dtype=int), a: float, k: int):
    i = wp.tid()
"""
RIGHT = """
# static of an expression
x[i] = a * wp.static(2.0 * math.pi)

# static of a call of Python
n[i] = wp.static(count_of(SIZE))

# static of a list's length
n[i] = wp.static(len(FUNCTIONS))

# static of a dictionary
x[i] = wp.clamp(a, wp.static(LIMITS["low"]), wp.static(LIMITS["high"]))

# static of a function from a list
f = wp.static(FUNCTIONS[1])
x[i] = f(a)

# static over functions
s = float(0.0)
for j in range(2):
    s += wp.static(FUNCTIONS[j])(a)
x[i] = s

# static of a choice
x[i] = wp.static(choose(Mode.FAST))(a)

# static of a condition
if wp.static(SIZE > 4):
    x[i] = a
else:
    x[i] = a * 2.0

# static of a vector
c = wp.static(wp.vec3(1.0, 2.0, 3.0))
x[i] = c[1]

# static with the loop's variable
s = float(0.0)
for j in range(3):
    s += wp.static(float(j) * 0.5)
x[i] = s

# static of an enumeration
if k == wp.static(int(Mode.SLOW)):
    x[i] = a

# static of NumPy
x[i] = wp.static(float(POINTS[1]))
"""
WRONG = """
# static of a local
t = k
n[i] = wp.static(t)

# static of a parameter
n[i] = wp.static(k + 1)

# static of a dynamic loop's variable
for j in range(k):
    n[i] = wp.static(j)

# static of a list
t = wp.static([1, 2, 3])

# static of text in a sum
x[i] = a + wp.static("1")

# static that fails
x[i] = wp.static(1.0 / 0.0)

# static of a missing key
x[i] = wp.static(LIMITS["middle"])

# static of a plain function
f = wp.static(count_of)
n[i] = f(3)

# static of two
n[i] = wp.static(1, 2)

# static of a float as a range
for j in range(wp.static(2.5)):
    x[i] = a

# static of a class
t = wp.static(SimpleNamespace(a=1))
"""
