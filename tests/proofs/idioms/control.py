"""Loops and branches, and names that are bound in them."""

HEAD = """import math

import warp as wp

N = 5
WEIGHTS = (0.25, 0.5, 0.25)
OFFSETS = [1, 2, 3]
COLOURS = {"red": 1.0}
counter = 0


class Settings:
    steps = 4
    dt = 0.1
    names = ["a"]


settings = Settings()


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype=float), y: wp.array(dtype=float), n: wp.array(dtype=int), v: wp.array(dtype=wp.vec3),
           a: float, k: int, flag: bool):
    i = wp.tid()
"""
RIGHT = """
# leave early
if i >= k:
    return
x[i] = a

# search and break
found = int(-1)
for j in range(k):
    if n[j] == i:
        found = j
        break
n[i] = found

# skip
s = float(0.0)
for j in range(k):
    if n[j] < 0:
        continue
    s += x[j]
y[i] = s

# bisection
lo = int(0)
hi = int(k)
while lo < hi:
    mid = (lo + hi) // 2
    if x[mid] < a:
        lo = mid + 1
    else:
        hi = mid
n[i] = lo

# Newton's steps
r = a
for j in range(10):
    r = r - (r * r - a) / (2.0 * r)
x[i] = r

# backwards
for j in range(k - 1, -1, -1):
    x[j] = y[j]

# reversed
for j in reversed(range(k)):
    x[j] = y[j]

# forever
c = int(0)
while True:
    c += 1
    if c > k:
        break
n[i] = c

# elif
if k == 0:
    x[i] = 0.0
elif k == 1:
    x[i] = 1.0
elif k > 10 and flag:
    x[i] = a
else:
    x[i] = -a

# the collatz steps
c = int(k)
steps = int(0)
while c > 1:
    if c % 2 == 0:
        c = c // 2
    else:
        c = 3 * c + 1
    steps += 1
n[i] = steps

# unrolled with a constant
s = 0.0
for j in range(N):
    s = s + a
x[i] = s

# a table by static
s = float(0.0)
for j in range(wp.static(len(WEIGHTS))):
    s += a
x[i] = s

# the loop's variable afterwards
for j in range(k):
    x[j] = a
n[i] = i

# pass
for j in range(3):
    pass
if flag:
    pass
else:
    x[i] = a

# nested conditional expressions
x[i] = 0.0 if a < 0.0 else (1.0 if a > 1.0 else a)

# min by conditional
m = x[0]
for j in range(1, k):
    m = x[j] if x[j] < m else m
y[i] = m

# a docstring
\"\"\"Explains.\"\"\"
x[i] = a

# a type as a conversion inside range
for j in range(int(a)):
    x[j] = 0.0

# several names by a tuple
p, q = a, x[i]
x[i] = p * q

# swap by a tuple
p = a
q = x[i]
p, q = q, p
x[i] = p

# a name used again for the same type
t = x[i]
t = t + a
t = wp.sin(t)
y[i] = t

# an unrolled loop with a changing constant
f = 1
for j in range(4):
    f = f * 2
n[i] = f

# a chain of ors
if k == 1 or k == 2 or k == 3:
    x[i] = a
"""
WRONG = """
# a counter that is a constant
c = 0
for j in range(k):
    c = c + 1
n[i] = c

# a sum that starts as an int
s = 0
for j in range(3):
    s = s + a

# a while that changes a constant
c = 1
while c < k:
    c *= 2

# a list comprehension
t = [a * float(j) for j in range(3)]

# a generator in sum
x[i] = sum(float(j) for j in range(3))

# truth of a tuple
if (k, i):
    x[i] = a

# undefined
x[i] = b

# bound later
x[i] = t
t = a

# a misspelled builtin
x[i] = wp.lenght(v[i])

# a misspelled module
x[i] = warp.sin(a)

# an array for a range
for j in range(x):
    y[i] = a

# a float step
for j in range(0.0, 1.0, 0.1):
    x[i] = a

# four arguments
for j in range(0, 1, 2, 3):
    x[i] = a

# a step of zero
for j in range(0, 4, 0):
    x[i] = a

# a local that becomes a vector
t = a
t = v[i]

# a local that becomes an int in a loop
t = a
for j in range(k):
    t = j

# arms of other types
if flag:
    t = a
else:
    t = k
x[i] = t

# a vector under a number
s = v[i] if flag else a

# augmented by another type
s = float(0.0)
s += k

# a power of ints by augmentation
c = int(2)
c **= 3

# a bare star call
x[i] = wp.max(*x)
"""
