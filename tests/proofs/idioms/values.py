"""Numbers of all widths, logic, vectors of three, constants, enumerations, casts."""

HEAD = """import math
from enum import IntEnum
from typing import Any

import warp as wp

EPS = wp.constant(1.0e-6)
MASK = wp.constant(wp.uint32(0xFF))
BIG = 0xFFFFFFFF
UP = wp.constant(wp.vec3(0.0, 1.0, 0.0))
vec6 = wp.types.vector(length=6, dtype=float)
vec2i8 = wp.types.vector(length=2, dtype=wp.int8)
vec3b = wp.types.vector(length=3, dtype=bool)
mat34 = wp.types.matrix(shape=(3, 4), dtype=float)
mat43 = wp.types.matrix(shape=(4, 3), dtype=float)
mat66d = wp.types.matrix(shape=(6, 6), dtype=wp.float64)


class Kind(IntEnum):
    SOLID = 0
    FLUID = 1


"""
KERNEL = """@wp.kernel
def kernel(
    x: wp.array(dtype=float), d: wp.array(dtype=wp.float64), n: wp.array(dtype=int), l: wp.array(dtype=wp.int64),
    u: wp.array(dtype=wp.uint32), v: wp.array(dtype=wp.vec3), q: wp.array(dtype=wp.quat),
    t: wp.array(dtype=wp.transform), s: wp.array(dtype=wp.spatial_vector), m: wp.array(dtype=wp.mat33),
    p: wp.array(dtype=mat34), w: wp.array(dtype=vec6), a: float, k: int, flag: bool,
):
    i = wp.tid()
"""
RIGHT = """
# widen a float
d[i] = wp.float64(a) * wp.float64(0.1)

# narrow a float
x[i] = float(d[i])

# widen an int
l[i] = wp.int64(k) * wp.int64(1000000007)

# a hash of bits
h = wp.uint32(i)
h = h ^ (h >> wp.uint32(16))
h = h * wp.uint32(0x85ebca6b)
u[i] = h & MASK

# shifts of ints
n[i] = (k << 3) | (k >> 2)

# a big constant in its width
u[i] = wp.uint32(BIG)

# round a number
n[i] = int(wp.round(a))

# floor by division
n[i] = k // 3 + k % 3

# truth of two comparisons
if a > EPS and (k != 0 or flag):
    x[i] = a

# a bool kept
inside = a > 0.0 and a < 1.0
if inside:
    x[i] = 1.0

# a bool turned around
outside = not flag
if outside:
    x[i] = 0.0

# a bool as a number
x[i] = float(flag)

# bool of an int
on = bool(k)
if on:
    x[i] = a

# an enumeration compared
if k == Kind.FLUID:
    x[i] = a

# an enumeration stored
n[i] = Kind.SOLID

# an enumeration turned into an int
n[i] = int(Kind.FLUID)

# a vector of small ints
z = vec2i8(wp.int8(1), wp.int8(2))
n[i] = int(z[0])

# vectors of bools
z = vec3b(flag, True, False)
if z[0]:
    x[i] = a

# vector of ints
z = wp.vec3i(k, 1, 2)
n[i] = z[0] + z[1]

# vector converted
z = wp.vec3d(v[i])
d[i] = wp.length(z)

# component-wise minimum
v[i] = wp.min(v[i], UP)

# clamp of a vector by hand
for c in range(3):
    v[i][c] = wp.clamp(v[i][c], -1.0, 1.0)

# first components
z = v[i][0:2]
x[i] = wp.length(z)

# pi and others
x[i] = wp.pi * wp.e + math.tau

# infinity
x[i] = wp.inf
if wp.isnan(a) or wp.isinf(a):
    x[i] = 0.0

# a chain of comparisons
if 0.0 < a < 1.0:
    x[i] = a

# the sign
x[i] = wp.sign(a) * wp.abs(a)

# select by a mask
x[i] = wp.where(flag, a, -a)

# division of ints truncates
n[i] = k / 2
"""
WRONG = """
# a double literal
d[i] = 1.0

# double and float
d[i] = d[i] + a

# float of a double missing
x[i] = d[i]

# int of other width
l[i] = k

# int and int64
l[i] = l[i] + 1

# unsigned and signed
u[i] = u[i] + k

# an unsigned literal
u[i] = 1

# shift of mixed widths
u[i] = u[i] >> 16

# float shift
n[i] = k << a

# float and mask
x[i] = a & 1.0

# not of a vector
if not v[i]:
    x[i] = a

# a vector as a condition
if v[i]:
    x[i] = a

# inversion of a float
x[i] = ~a

# int power
n[i] = k ** 2

# int root
x[i] = wp.sqrt(k)

# int and float in min
x[i] = wp.min(a, 0)

# clamp with ints
x[i] = wp.clamp(a, 0, 1)

# Python's abs of a list
x[i] = max([a, 1.0])

# a vector times a matrix row by row
v[i] = wp.mul(v[i], a, a)

# a vector divides
x[i] = a / v[i]

# vector times vector
v[i] = v[i] * UP

# a member that is not there
n[i] = Kind.GAS

# name of a member
n[i] = Kind.FLUID.name

# enumeration called
n[i] = Kind(k)

# a float for an enumeration
x[i] = Kind.FLUID

# constant stored to
EPS = a

# component of a constant stored to
UP[0] = a

# int of text
n[i] = int("3")

# float of text
x[i] = float("inf")

# complex numbers
z = 1j

# rounding to digits
x[i] = round(a, 2)

# divmod
b, c = divmod(k, 3)

# method of a vector
x[i] = v[i].length()

# sum of a vector
x[i] = sum(v[i])

# numbers unpacked of a vector
b, c, e = v[i]

# text and number
x[i] = a + "1"

# None for a number
z = None

# bytes
z = b"abc"

# bits of a bool
n[i] = flag + 1

# minus bool
x[i] = -flag
"""
