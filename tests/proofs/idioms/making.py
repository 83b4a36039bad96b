"""How kernels come about: factories, closures, classes, options, other decorators, annotations."""

from tests.proofs.idioms.modules import HEAD, KERNEL

__all__ = ["HEAD", "KERNEL", "RIGHT", "WRONG"]

RIGHT = """
# vector of a constant's length
z = vec_n()
for j in range(SIZE):
    z[j] = a
x[i] = z[0]

# a factory
---
def make(scale):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = x[i] * scale
    return kernel

kernel = make(2.0)

# a factory of types
---
def make(dtype):
    @wp.kernel
    def kernel(x: wp.array(dtype=dtype)):
        i = wp.tid()
        x[i] = x[i] + dtype(1)
    return kernel

kernel = make(wp.float64)

# a factory of functions
---
def make(f):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = f(x[i])
    return kernel

kernel = make(cube)

# a factory with a default
---
def make(n, dtype=float):
    vec = wp.types.vector(length=n, dtype=dtype)

    @wp.kernel(module="unique")
    def kernel(x: wp.array(dtype=vec), y: wp.array(dtype=dtype)):
        i = wp.tid()
        y[i] = wp.dot(x[i], x[i])
    return kernel

kernel = make(7)

# a factory that is cached
---
@functools.lru_cache(maxsize=None)
def make(n):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        for j in range(n):
            x[i] += 1.0
    return kernel

kernel = make(4)

# a function made in a factory
---
def make_func(c: float):
    @wp.func
    def shifted(y: float):
        return y + c
    return shifted

shift = make_func(1.5)

@wp.kernel
def kernel(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = shift(x[i])

# a kernel of a class
---
class Solver:
    STEPS = 3

    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = 1.0

kernel = Solver.kernel

# a static kernel of a class
---
class Solver:
    @staticmethod
    @wp.kernel
    def kernel(x: wp.array(dtype=float), dt: float):
        i = wp.tid()
        x[i] += dt

kernel = Solver.kernel

# made by a method
---
class Solver:
    def __init__(self, n):
        @wp.kernel
        def kernel(x: wp.array(dtype=float)):
            i = wp.tid()
            if i < n:
                x[i] = 0.0
        self.kernel = kernel

kernel = Solver(3).kernel

# decorated by a call
---
def body(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 2.0

kernel = wp.kernel(body)

# another name of the decorator
---
from warp import kernel as compiled

@compiled
def kernel(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 2.0

# options of the decorator
---
@wp.kernel(enable_backward=False, module="unique", launch_bounds=(256, 1))
def kernel(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = x[i] * 0.5

# options of the module
---
wp.set_module_options({"enable_backward": False, "max_unroll": 4})

@wp.kernel
def kernel(v: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    v[i][0] *= 2.0

# a namespace
x[i] = a * wp.static(config.rate)
---
config = SimpleNamespace(rate=0.5)

# annotations as text
---
@wp.kernel
def kernel(x: "wp.array(dtype=float)", k: "int"):
    i = wp.tid()
    x[i] = float(k)

# types under names
---
Scalars = wp.array(dtype=float)
Real = wp.float32

@wp.kernel
def kernel(x: Scalars, a: Real):
    i = wp.tid()
    x[i] = a

# three numbers of the thread
---
@wp.kernel
def kernel(x: wp.array3d(dtype=float)):
    i, j, k = wp.tid()
    x[i, j, k] = float(i + j + k)

# no thread number
---
@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[0] = 1.0

# no parameters
---
@wp.kernel
def kernel():
    i = wp.tid()
    print(i)

# constants of a constant
x[i] = a * AREA
---
WIDTH = 2.0
AREA = wp.constant(WIDTH * WIDTH)

# two kernels share a function
x[i] = square(a)
---
@wp.kernel
def other(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = square(x[i])
"""
WRONG = """
# a function of a list by a variable
x[i] = FUNCTIONS[k](a)

# a NumPy element
x[i] = POINTS[1]

# a dictionary's value
x[i] = LIMITS["low"]

# a plain function
n[i] = count_of(k)

# a constant that is a list
x[i] = TABLE[0]
---
TABLE = [1.0, 2.0]

# the name of a type as a value
x[i] = vec_n

# another length
z = vec_n()
x[i] = wp.dot(z, wp.vec3())

# a factory with a wrong type
---
def make(scale):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = x[i] * scale
    return kernel

kernel = make(2)

# a factory of types with a literal
---
def make(dtype):
    @wp.kernel
    def kernel(x: wp.array(dtype=dtype)):
        i = wp.tid()
        x[i] = x[i] + 1.0
    return kernel

kernel = make(wp.float64)

# a factory of a list
---
def make(values):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = values[0]
    return kernel

kernel = make([1.0, 2.0])

# a factory of text
---
def make(name):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = name
    return kernel

kernel = make("x")

# a factory of None
---
def make(f):
    @wp.kernel
    def kernel(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = f(x[i])
    return kernel

kernel = make(None)

# a kernel with self
---
class Solver:
    @wp.kernel
    def kernel(self, x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = self.dt

kernel = Solver.kernel

# self of a method
---
class Solver:
    dt = [1.0]

    def build(self):
        @wp.kernel
        def kernel(x: wp.array(dtype=float)):
            i = wp.tid()
            x[i] = self.dt
        return kernel

kernel = Solver().build()

# a kernel called by a kernel
other(x)
---
@wp.kernel
def other(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 1.0

# a launch in a kernel
wp.launch(other, dim=3, inputs=[x])
---
@wp.kernel
def other(x: wp.array(dtype=float)):
    i = wp.tid()

# a sum of threads
wp.synchronize()

# allocated in a kernel
t = wp.empty_like(x)

# converted to an array
t = wp.array([1.0, 2.0], dtype=float)

# five numbers of the thread
b, c, d, e, f = wp.tid()

# a float thread number
x[i] = i

# tid with an argument
t = wp.tid(0)

# an optional parameter
---
@wp.kernel
def kernel(x: wp.array(dtype=float), a: float | None):
    i = wp.tid()
    x[i] = a

# a text parameter
---
@wp.kernel
def kernel(x: wp.array(dtype=float), name: str):
    i = wp.tid()
    x[i] = 1.0

# a callable parameter
---
from typing import Callable

@wp.kernel
def kernel(x: wp.array(dtype=float), f: Callable):
    i = wp.tid()
    x[i] = f(x[i])

# an undefined annotation
---
@wp.kernel
def kernel(x: wp.array(dtype=Real)):
    i = wp.tid()
    x[i] = 1.0

# a torch-like annotation
---
@wp.kernel
def kernel(x: wp.tensor(dtype=float)):
    i = wp.tid()
    x[i] = 1.0

# a tuple parameter
---
@wp.kernel
def kernel(x: wp.array(dtype=float), size: tuple):
    i = wp.tid()
    x[i] = float(size[0])

# an option that is not there
---
@wp.kernel(backward=False)
def kernel(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 1.0

# an update with a backward pass
---
@wp.kernel
def kernel(v: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    v[i][0] *= 2.0

# math of Python
x[i] = math.sqrt(a)

# NumPy's constant array
x[i] = float(POINTS[0])

# an attribute of a namespace
x[i] = a * config.rate
---
config = SimpleNamespace(rate="fast")

# reading the config of Warp
if wp.config.verbose:
    x[i] = a

# the version
x[i] = wp.__version__
"""
