import warp as wp


@wp.struct
class Complex:
    re: float
    im: float


@wp.func
def add(a: Complex, b: Complex) -> Complex:
    return Complex(a.re + b.re, a.im + b.im)


@wp.func
def mul(a: Complex, b: float) -> Complex:
    return Complex(a.re * b, a.im * b)


@wp.kernel
def kernel(x: Complex, y: Complex, out: wp.array(dtype=Complex)):
    i = wp.tid()
    z = x + y * 2.0
    z += x
    out[i] = z
