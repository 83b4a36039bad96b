"""Structs: nested, in arrays, with arrays in them, with methods, built in both ways, copied and returned."""

HEAD = """from typing import Any

import warp as wp


@wp.struct
class Ball:
    center: wp.vec3
    radius: float
    hits: int


@wp.struct
class Scene:
    ball: Ball
    points: wp.array(dtype=wp.vec3)
    ids: wp.array2d(dtype=int)
    grid: wp.uint64
    frame: wp.transform


@wp.struct
class Empty:
    pass


class Plain:
    radius = 1.0


@wp.func
def grown(b: Ball, by: float):
    b.radius = b.radius + by
    return b


@wp.func
def make_ball(c: wp.vec3, r: float) -> Ball:
    b = Ball()
    b.center = c
    b.radius = r
    return b


@wp.func
def volume(b: Ball):
    return 4.0 / 3.0 * wp.pi * b.radius * b.radius * b.radius


@wp.func
def radius_of(thing: Any):
    return thing.radius


@wp.func
def first_point(s: Scene):
    return s.points[0]


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3), balls: wp.array(dtype=Ball), s: Scene, a: float,
           k: int):
    i = wp.tid()
"""
RIGHT = """
# build by keywords
b = Ball(center=v[i], radius=a, hits=k)
x[i] = b.radius

# build by keywords in another order
b = Ball(hits=0, radius=a, center=wp.vec3(a))
v[i] = b.center

# some fields only
b = Ball(radius=a)
x[i] = b.radius + float(b.hits)

# field of an element
x[i] = balls[i].radius

# store a field of an element
balls[i].radius = a

# add to a field of an element
balls[i].radius += a

# component of a nested field
x[i] = s.ball.center[1]

# nested struct as a value
inner = s.ball
inner.radius = inner.radius * 2.0
balls[i] = inner

# an array in a struct
x[i] = wp.length(s.points[i] - s.ball.center)

# store into an array of a struct
s.points[i] = v[i] * a

# a two-dimensional array of a struct
s.ids[i, 0] = k

# shape of an array of a struct
if i < s.points.shape[0]:
    s.points[i] = wp.vec3()

# an atomic on an array of a struct
wp.atomic_add(s.points, i, wp.vec3(a, a, a))

# an atomic on an array of numbers of a struct
old = wp.atomic_add(s.ids, i, 0, 1)
x[old] = a

# a method-like function
b = grown(balls[i], 0.5)
balls[i] = b

# a function that makes one
balls[i] = make_ball(v[i], a)

# a function on a field of a field
x[i] = volume(s.ball)

# a generic function of a struct
x[i] = radius_of(balls[i])

# a function of a struct with arrays
v[i] = first_point(s)

# component of a vector in a struct
b = balls[i]
b.center.x = a
balls[i] = b

# subscript of a vector in a struct
b = balls[i]
b.center[2] = a
balls[i] = b

# field counted up in a local
b = balls[i]
b.hits += 1
balls[i] = b

# transform in a struct
v[i] = wp.transform_point(s.frame, v[i])

# handle in a struct
q = wp.hash_grid_query(s.grid, v[i], a)
n = int(0)
for j in q:
    n += 1
x[i] = float(n)

# the struct has no fields
e = Empty()
x[i] = a

# atomic on a field of an element
wp.atomic_add(balls[i].hits, 0, 1)
---
@wp.struct
class Counter:
    hits: wp.array(dtype=int)

@wp.kernel
def kernel(c: Counter):
    wp.atomic_add(c.hits, 0, 1)

# struct picked by a condition
b = s.ball
if k > 0:
    b = balls[i]
x[i] = b.radius

# struct in a conditional expression
b = s.ball if k > 0 else balls[i]
x[i] = b.radius

# array in a struct under another name
p = s.points
p[i] = v[i]

# struct with a method
c = Counter()
c.count = k
x[i] = float(c.twice())
---
@wp.struct
class Counter:
    count: int

    @wp.func
    def twice(self):
        return self.count * 2

# array in a kernel parameter of struct, by name
n = s.points.shape[0]
for j in range(n):
    s.points[j] = s.points[j] * a

# a loop changes a field
b = Ball()
for j in range(k):
    b.radius += a
x[i] = b.radius

# annotated with wp.array[Ball]
x[i] = c[i].radius
---
@wp.kernel
def kernel(c: wp.array[Ball], x: wp.array[float]):
    i = wp.tid()
    c[i].hits = i

# two-dimensional array of structs
c[i, 0].radius = c[i, 1].radius
---
@wp.kernel
def kernel(c: wp.array2d[Ball]):
    i = wp.tid()
    b = c[i, 0]
    c[i, 1] = b
"""
WRONG = """
# positional fields
b = Ball(v[i], a)
x[i] = b.hits

# an unknown keyword
b = Ball(size=a)
x[i] = b.radius

# a field of another type
b = Ball(radius=k)
x[i] = b.radius

# no such field
x[i] = balls[i].size

# no such nested field
x[i] = s.ball.centre[0]

# a whole struct for a number
x[i] = balls[i]

# a number for a struct
balls[i] = a

# another struct
balls[i] = s

# sum of structs
b = balls[i] + balls[0]

# ints into a float field
b = balls[i]
b.radius = 1

# float into an int field
b = balls[i]
b.hits = a

# a vector of other length in a field
b = balls[i]
b.center = wp.vec2(a, a)

# comparing structs by order
if balls[i] < balls[0]:
    x[i] = a

# an array field replaced by a number
t = s
t.points = a

# points of another dimension
x[i] = wp.length(s.points[i, 0])

# indices of another number
s.ids[i] = k

# a plain class
b = Plain()
x[i] = b.radius

# calls a field
x[i] = balls[i].radius()

# a function of the wrong struct
x[i] = volume(s)

# one field too many for a function
b = grown(balls[i], a, a)

# an int for a float argument
balls[i] = make_ball(v[i], k)

# generic function of a thing without the field
x[i] = radius_of(s)

# a method that the struct lacks
b = balls[i]
b.reset()

# the class instead of a value
x[i] = Ball.radius

# one arm another struct
b = s if k > 0 else balls[i]

# a local that becomes another struct
b = balls[i]
b = s

# a dictionary for a struct
balls[i] = {"radius": a}

# replace
b = balls[i]._replace(radius=a)

# iterating over a struct
for f in balls[i]:
    x[i] = f

# len of a struct
x[i] = float(len(balls[i]))

# a struct that contains a list
---
@wp.struct
class Bag:
    items: list

@wp.kernel
def kernel(b: Bag):
    i = wp.tid()

# a struct without annotations in a field
---
@wp.struct
class Bag:
    count = 3

@wp.kernel
def kernel(x: wp.array(dtype=int), b: Bag):
    x[0] = b.count

# a plain class as a type
---
@wp.kernel
def kernel(p: Plain, x: wp.array(dtype=float)):
    x[0] = p.radius

# fields set on the class
Ball.radius = a

# a nested struct that is a string
---
@wp.struct
class Named:
    name: str

@wp.kernel
def kernel(n: Named):
    i = wp.tid()

# the result of a function that returns nothing
b = touch(balls[i])
---
@wp.func
def touch(b: Ball):
    b.hits = 1
"""
