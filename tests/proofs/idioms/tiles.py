"""Tiles: loads and stores with shapes, arithmetic, reductions, maps, products, views, atomics."""

HEAD = """import warp as wp

N = 16
M = wp.constant(8)
TILE = (4, 4)


@wp.func
def square(x: float):
    return x * x


@wp.func
def plus(x: float, y: float):
    return x + y


"""
KERNEL = """@wp.kernel(enable_backward=False)
def kernel(
    x: wp.array(dtype=float), g: wp.array2d(dtype=float), r: wp.array2d(dtype=float), n: wp.array(dtype=int),
    v: wp.array(dtype=wp.vec3), a: float, k: int,
):
    i, j = wp.tid()
"""
RIGHT = """
# load and sum
t = wp.tile_load(x, shape=N)
s = wp.tile_sum(t)
wp.tile_store(x, s)

# load with an offset
t = wp.tile_load(x, shape=N, offset=i * N)
wp.tile_store(x, t * 2.0, offset=i * N)

# load a block
t = wp.tile_load(g, shape=(M, M), offset=(i * M, j * M))
wp.tile_store(r, t, offset=(i * M, j * M))

# positional shape
t = wp.tile_load(g, TILE)
wp.tile_store(r, t + t)

# in shared memory
t = wp.tile_load(g, shape=TILE, storage="shared")
wp.tile_store(r, wp.tile_transpose(t))

# zeros
t = wp.tile_zeros(shape=(M, M), dtype=float)
wp.tile_store(g, t)

# ones and arithmetic
t = wp.tile_ones(shape=N, dtype=float) * a - wp.tile_load(x, shape=N)
wp.tile_store(x, t)

# a range
t = wp.tile_arange(N, dtype=int)
wp.tile_store(n, t)

# mapped by a builtin
t = wp.tile_map(wp.sin, wp.tile_load(x, shape=N))
wp.tile_store(x, t)

# mapped by a function
t = wp.tile_map(square, wp.tile_load(x, shape=N))
wp.tile_store(x, t)

# mapped over two
t = wp.tile_load(x, shape=N)
wp.tile_store(x, wp.tile_map(plus, t, t))

# reduced by a builtin
t = wp.tile_reduce(wp.max, wp.tile_load(x, shape=N))
wp.tile_store(x, t)

# reduced by a function
t = wp.tile_reduce(plus, wp.tile_load(x, shape=N))
wp.tile_atomic_add(x, t)

# smallest and largest
t = wp.tile_load(x, shape=N)
lo = wp.tile_min(t)
hi = wp.tile_max(t)
wp.tile_store(x, hi - lo)

# an element
t = wp.tile_load(x, shape=N)
x[i] = t[3]

# an element of a block
t = wp.tile_load(g, shape=TILE)
x[i] = t[1, 2]

# extract
t = wp.tile_load(g, shape=TILE)
x[i] = wp.tile_extract(t, 0, 0)

# a product
p = wp.tile_load(g, shape=(4, 8))
q = wp.tile_load(r, shape=(8, 4))
c = wp.tile_matmul(p, q)
wp.tile_store(g, c)

# a product that is added
c = wp.tile_zeros(shape=TILE, dtype=float)
for step in range(2):
    p = wp.tile_load(g, shape=TILE, offset=(0, step * 4))
    q = wp.tile_load(r, shape=TILE, offset=(step * 4, 0))
    wp.tile_matmul(p, q, c)
wp.tile_store(g, c)

# broadcast
t = wp.tile_load(x, shape=4)
b = wp.tile_broadcast(t, shape=(4, 4))
wp.tile_store(g, b)

# a view
t = wp.tile_load(g, shape=(M, M))
part = wp.tile_view(t, offset=(0, 0), shape=(2, 2))
wp.tile_store(r, part)

# assigned to a part
t = wp.tile_zeros(shape=(M, M), dtype=float)
part = wp.tile_load(g, shape=(2, 2))
wp.tile_assign(t, part, offset=(2, 2))
wp.tile_store(r, t)

# of a value each thread has
t = wp.tile(a)
s = wp.tile_sum(t)
wp.tile_store(x, s)

# of a vector each thread has
t = wp.tile(v[i])
s = wp.tile_sum(t)
wp.tile_atomic_add(v, s)

# back to the thread
t = wp.tile_map(wp.sqrt, wp.tile(a))
x[i] = wp.untile(t)

# reshaped
t = wp.tile_reshape(wp.tile_load(x, shape=16), shape=(4, 4))
wp.tile_store(g, t)

# a cast
t = wp.tile_astype(wp.tile_load(x, shape=N), dtype=wp.float64)
s = wp.tile_sum(t)
x[i] = float(s[0])

# sorted
keys = wp.tile_load(x, shape=N, storage="shared")
values = wp.tile_load(n, shape=N, storage="shared")
wp.tile_sort(keys, values)
wp.tile_store(x, keys)

# running sums
t = wp.tile_scan_inclusive(wp.tile_load(n, shape=N))
wp.tile_store(n, t)

# Cholesky
t = wp.tile_load(g, shape=TILE)
l = wp.tile_cholesky(t)
y = wp.tile_cholesky_solve(l, wp.tile_load(x, shape=4))
wp.tile_store(x, y)

# an update in place
t = wp.tile_zeros(shape=N, dtype=float)
for step in range(4):
    t += wp.tile_load(x, shape=N, offset=step * N)
wp.tile_store(x, t)

# scaled by a thread's number
t = wp.tile_load(x, shape=N)
wp.tile_store(x, a * t + t)
"""
WRONG = """
# a shape that is not constant
t = wp.tile_load(x, shape=k)

# a shape of two for one dimension
t = wp.tile_load(x, shape=(4, 4))

# a shape of one for two
t = wp.tile_load(g, shape=4)

# no shape
t = wp.tile_load(x)

# a number as a tile
t = wp.tile_load(a, shape=N)

# other shapes added
t = wp.tile_load(x, shape=4) + wp.tile_load(x, shape=8)

# other types added
t = wp.tile_load(x, shape=4) + wp.tile_load(n, shape=4)

# a tile times an int
t = wp.tile_load(x, shape=4) * 2

# a tile stored as a number
x[i] = wp.tile_load(x, shape=4)

# a sum stored as a number
x[i] = wp.tile_sum(wp.tile_load(x, shape=4))

# a number stored as a tile
wp.tile_store(x, a)

# a tile of another type stored
wp.tile_store(n, wp.tile_load(x, shape=4))

# a block stored to a line
wp.tile_store(x, wp.tile_load(g, shape=TILE))

# offset of one for two
t = wp.tile_load(g, shape=TILE, offset=i)

# offset of floats
t = wp.tile_load(x, shape=4, offset=a)

# a keyword that is not there
t = wp.tile_load(x, shape=4, start=0)

# zeros without a type of numbers
t = wp.tile_zeros(shape=4, dtype="float")

# a name for storage that is not there
t = wp.tile_load(x, shape=4, storage="global")

# mapped by a function of two
t = wp.tile_map(plus, wp.tile_load(x, shape=4))

# mapped by something else
t = wp.tile_map(a, wp.tile_load(x, shape=4))

# mapped over a number
t = wp.tile_map(square, a)

# mapped over ints by a function of floats
t = wp.tile_map(square, wp.tile_load(n, shape=4))

# reduced by a function of one
t = wp.tile_reduce(square, wp.tile_load(x, shape=4))

# a product of shapes that do not match
p = wp.tile_load(g, shape=(4, 8))
c = wp.tile_matmul(p, p)

# a product of numbers
c = wp.tile_matmul(a, a)

# a product of lines
p = wp.tile_load(x, shape=4)
c = wp.tile_matmul(p, p)

# an output of another shape
p = wp.tile_load(g, shape=TILE)
c = wp.tile_zeros(shape=(8, 8), dtype=float)
wp.tile_matmul(p, p, c)

# broadcast to fewer
t = wp.tile_broadcast(wp.tile_load(x, shape=4), shape=(3, 3))

# reshaped to another number
t = wp.tile_reshape(wp.tile_load(x, shape=16), shape=(3, 4))

# two indices on a line
t = wp.tile_load(x, shape=4)
x[i] = t[0, 1]

# a float index
t = wp.tile_load(x, shape=4)
x[i] = t[a]

# transposed line
t = wp.tile_transpose(wp.tile_load(x, shape=4))

# a condition on a tile
t = wp.tile_load(x, shape=4)
if t > 0.0:
    x[i] = a

# the sine of a tile
t = wp.sin(wp.tile_load(x, shape=4))

# a local that becomes another shape
t = wp.tile_load(x, shape=4)
t = wp.tile_load(x, shape=8)

# unequal lengths sorted
wp.tile_sort(wp.tile_load(x, shape=4), wp.tile_load(n, shape=8))

# len for a shape
t = wp.tile_zeros(shape=len(x), dtype=float)

# method of a tile
t = wp.tile_load(x, shape=4).sum()

# untile of a number
x[i] = wp.untile(a)

# assigned to a part that is a number
t = wp.tile_zeros(shape=4, dtype=float)
wp.tile_assign(t, a, offset=0)

# Cholesky of a rectangle
l = wp.tile_cholesky(wp.tile_load(g, shape=(4, 8)))
"""
