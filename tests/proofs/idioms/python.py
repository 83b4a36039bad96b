"""The rest of Python that beginners reach for, and what of it kernels know."""

from tests.proofs.idioms.control import HEAD, KERNEL

__all__ = ["HEAD", "KERNEL", "RIGHT", "WRONG"]

RIGHT = """
# nested loops
s = float(0.0)
for p in range(3):
    for q in range(p, 3):
        s += float(p * q)
x[i] = s

# set in both arms
if flag:
    w = 1.0
else:
    w = 2.0
x[i] = w

# set in one arm
w = a
if flag:
    w = w * 2.0
x[i] = w

# an assertion
assert i < k, "out of range"
x[i] = a

# an assertion on a vector
assert wp.length(v[i]) > 0.0

# a settings class
x[i] = a * Settings.dt

# a table of constants by a static index
x[i] = a * wp.static(WEIGHTS[1])

# while with a flag
done = bool(False)
c = int(0)
while not done:
    c = c + 1
    done = c >= k
n[i] = c
"""
WRONG = """
# an else of a loop over nothing
m = a
for j in x.shape:
    m += 1.0

# a dictionary of the file
x[i] = COLOURS["red"]

# a list of the file by a variable
n[i] = OFFSETS[k]

# a tuple of the file by a variable
x[i] = WEIGHTS[k]

# over a list of the file
for o in OFFSETS:
    n[i] += o

# zip
for p, q in zip(x, y):
    x[i] = p * q

# len of a list of the file
n[i] = len(OFFSETS)

# a global counter
global counter
counter += 1

# nonlocal
nonlocal counter

# try
try:
    x[i] = a
finally:
    pass

# raise
if k < 0:
    raise ValueError("negative")

# with
with wp.ScopedTimer("t"):
    x[i] = a

# match
match k:
    case 0:
        x[i] = 0.0
    case _:
        x[i] = 1.0

# a walrus
if (m := x[i]) > 0.0:
    y[i] = m

# a walrus in a while
c = int(0)
while (c := c + 1) < k:
    n[i] = c

# is None
if x is None:
    return

# is not
if flag is not True:
    x[i] = a

# in a tuple
if k in (1, 2, 3):
    x[i] = a

# in a list
if k in OFFSETS:
    x[i] = a

# annotated
s: float = 0.0
x[i] = s

# two targets
p = q = a

# starred targets
p, *q = a, a, a

# an element in a tuple of targets
x[i], y[i] = a, a

# strings compared
if "a" == "b":
    x[i] = a

# string formatted
s = "%d" % k

# isinstance
if isinstance(k, int):
    x[i] = a

# a type
if type(a) == float:
    x[i] = a

# hasattr
if hasattr(v[i], "x"):
    x[i] = a

# getattr
x[i] = getattr(v[i], "x")

# a set
s = {1, 2, 3}

# an async loop is not
await x

# a class
class Inner:
    pass

# a decorator below
x[i] = map(wp.sin, x)

# any
if any(x):
    y[i] = a

# all of conditions
if all([a > 0.0, k > 0]):
    x[i] = a

# open
f = open("log.txt")

# exit
exit()

# bound in an arm that is not there
if flag:
    w = a
x[i] = w + z

# an attribute of an instance that is a list
x[i] = settings.names[0]

# changes an attribute of an instance
settings.dt = a

# a tuple target
for p, q in range(3):
    x[i] = a

# an element as a target
for n[0] in range(3):
    x[i] = a

# break outside of a loop in an arm
if flag:
    x[i] = wp.break_()

# an assertion on text
assert v[i], "no"

# a loop over text
for c in "abc":
    x[i] = a

# a conditional lambda
f = (lambda: a) if flag else (lambda: 0.0)

# double star call
x[i] = wp.clamp(**{"x": a, "a": 0.0, "b": 1.0})

# complex slices of a tuple
t = WEIGHTS[0:2]
x[i] = t[0]
"""
