"""Arrays: dimensions, views, slices, shapes, local arrays, other kinds of arrays, atomics, updates of elements."""

HEAD = """from typing import Any

import warp as wp

N = 8
vec5 = wp.types.vector(length=5, dtype=float)


@wp.func
def row_sum(row: wp.array(dtype=float)):
    s = float(0.0)
    for j in range(row.shape[0]):
        s += row[j]
    return s


"""
KERNEL = """@wp.kernel(enable_backward=False)
def kernel(
    x: wp.array(dtype=float), g: wp.array2d(dtype=float), c: wp.array3d(dtype=int), h: wp.array4d(dtype=wp.float64),
    m: wp.array(dtype=wp.mat33), v: wp.array2d(dtype=wp.vec3), u: wp.array(dtype=wp.uint8), b: wp.array(dtype=bool),
    ix: wp.indexedarray(dtype=float), hh: wp.array(dtype=wp.float16), a: float, k: int,
):
    i, j = wp.tid()
"""
RIGHT = """
# all indices
g[i, j] = float(c[i, j, 0])

# indices one by one
g[i][j] = a

# a row
row = g[i]
row[j] = a

# a row given to a function
x[i] = row_sum(g[i])

# a slice of a row
x[i] = row_sum(g[i, 1:3])

# a column
x[i] = row_sum(g[:, j])

# from the end
x[-1] = x[-2]

# a slice with a step
part = x[0:N:2]
part[j] = a

# four dimensions
h[i, j, 0, 1] = wp.float64(a)

# a plane of three dimensions
plane = c[i]
plane[j, 1] = k

# extents
if i >= g.shape[0] or j >= g.shape[1]:
    return
g[i, j] = 0.0

# len of an array
x[i] = float(len(x))

# an extent as a range
s = int(0)
for t in range(c.shape[2]):
    s += c[i, j, t]
c[i, j, 0] = s

# extents in a name
rows = g.shape[0]
x[i] = float(rows)

# component of a vector element
v[i, j][0] = a

# component by name
v[i, j].y = a

# add to a component
v[i, j].z += a

# entry of a matrix element
m[i][0, 1] = a

# add to an entry
m[i][1, 1] += a

# row of a matrix element
v[i, j] = m[i][2]

# add to an element
g[i, j] += a * 2.0

# subtract an element from another
g[i, j] -= g[j, i]

# multiply an element
x[i] *= a

# a shift of an element
c[i, j, 0] <<= 1

# or into an element
c[i, j, 0] |= k

# a narrow element
u[i] = wp.uint8(k)

# narrow arithmetic
u[i] = u[i] + wp.uint8(1)

# half precision
hh[i] = wp.float16(a) * wp.float16(0.5)

# a bool element
b[i] = a > 0.0

# test of a bool element
if b[i] and not b[j]:
    x[i] = a

# count of a condition
c[i, j, 0] = int(a > 1.0)

# an indexed array
x[i] = ix[i]

# store to an indexed array
ix[i] = a

# a local array
t = wp.zeros(shape=(N,), dtype=float)
for q in range(N):
    t[q] = a
x[i] = t[3]

# a local array of two dimensions
t = wp.zeros(shape=(2, 3), dtype=int)
t[1, 2] = k
c[i, j, 0] = t[1, 2]

# maximum of atomics
wp.atomic_max(x, 0, a)

# minimum into a matrix of numbers
old = wp.atomic_min(g, i, j, a)
x[i] = old

# compare and swap
was = wp.atomic_cas(x, 0, 0.0, a)
x[i] = was

# exchange
was = wp.atomic_exch(x, i, a)

# bits by atomics
wp.atomic_or(c, i, j, 0, k)

# atomics of vectors
wp.atomic_add(v, i, j, wp.vec3(a, 0.0, 0.0))

# the pointer tells whether there is an array
if x:
    x[i] = a

# a vector of own size loaded
w = wp.vector(a, a, a, a, a, dtype=float)
x[i] = w[4]

# min and max by hand
if g[i, j] > x[i]:
    x[i] = g[i, j]

# prefix by hand
acc = float(0.0)
for q in range(i):
    acc += x[q]
g[i, j] = acc

# swapping elements
t = x[i]
x[i] = x[j]
x[j] = t

# index computed of integers
x[(i * N + j) % N] = a

# index of another width
q = wp.int64(i)
x[q] = a

# an element as an index
x[c[i, j, 0]] = a

# bitwise mask of index
x[i & (N - 1)] = a

# an index of a byte
x[u[i]] = a

# a view of three dimensions by slices
box = c[0:2, 0:2, 0:2]
box[0, 0, 0] = k
"""
WRONG = """
# too many indices
x[i, j] = a

# too few to store a number
g[i] = a

# a float index
x[a] = a

# index by division
x[i / 2.0] = a

# int into a float array
g[i, j] = k

# int of another width
u[i] = k

# literal into a narrow array
u[i] = 255

# float32 into float64
h[i, j, 0, 1] = a

# float32 into float16
hh[i] = a

# double times float
h[i, j, 0, 0] = h[i, j, 0, 1] * a

# narrow plus int
u[i] = u[i] + 1

# float16 plus float
hh[i] = hh[i] + 0.5

# a number for a bool
b[i] = k

# a bool into an int array
c[i, j, 0] = a > 1.0

# a bool plus one
b[i] = b[i] + True

# a vector into a matrix array
m[i] = wp.vec3(a, a, a)

# a number for a vector
v[i, j] = a

# a list as an element
v[i, j] = [a, a, a]

# an array for an element
x[i] = g

# append
x.append(a)

# fill
x.fill_(0.0)

# numpy
y = x.numpy()

# reshape
y = g.reshape(8)

# a sum by Python
x[i] = sum(g[i])

# max of an array
x[i] = max(x)

# extents compared with a float
if g.shape[0] > a and g.shape > 2:
    x[i] = a

# len gives an int
x[i] = len(x)

# extent into a float array
x[i] = g.shape[0]

# enumeration
for q, value in enumerate(x):
    x[q] = value

# over an array
for value in x:
    x[i] = value

# a new list
t = [0.0] * 3
x[i] = t[0]

# zeros of a variable length
t = wp.zeros(shape=k, dtype=float)
x[i] = t[0]

# an atomic of another type
wp.atomic_add(x, 0, k)

# an atomic with too few indices
wp.atomic_add(g, i, a)

# an atomic with too many indices
wp.atomic_add(x, i, j, a)

# an atomic on a number
wp.atomic_add(a, 0, 1.0)

# an atomic on a bool array
wp.atomic_add(b, 0, True)

# an atomic on bits of floats
wp.atomic_or(x, 0, a)

# a slice stored to
x[0:3] = a

# a slice from a slice
x[0:2] = x[2:4]

# an array renamed to another dimension
t = x
t = g

# two arrays added
t = x + x

# array scaled
t = x * 2.0

# deletes an element
del x[i]

# in an array
if a in x:
    x[i] = 0.0

# a missing index
x[] = a

# an ellipsis
y = g[..., 0]

# a boolean mask
x[x > 0.0] = a

# None adds an axis
y = x[None, i]

# a matrix row by a float
v[i, j] = m[i][a]

# three indices on a matrix
x[i] = m[i][0, 1, 2]

# component that is not there
x[i] = v[i, j].w

# swizzle
t = v[i, j].xy

# five dimensions
---
@wp.kernel
def kernel(x: wp.array(dtype=float, ndim=5)):
    i = wp.tid()

# an array without a type
---
@wp.kernel
def kernel(x: wp.array()):
    i = wp.tid()
    x[i] = 1.0

# list annotation
---
@wp.kernel
def kernel(x: list[float]):
    i = wp.tid()
    x[i] = 1.0

# NumPy annotation
---
import numpy as np

@wp.kernel
def kernel(x: np.ndarray):
    i = wp.tid()
    x[i] = 1.0

# a missing annotation
---
@wp.kernel
def kernel(x):
    i = wp.tid()
    x[i] = 1.0

# an element of two threads' numbers
t = wp.tid()
x[t] = a
"""
