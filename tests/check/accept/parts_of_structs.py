import warp as wp


@wp.struct
class Inner:
    v: wp.vec3
    m: wp.mat22


@wp.struct
class Outer:
    x: float
    inner: Inner


@wp.kernel
def kernel(s: Outer, a: wp.array(dtype=Outer), k: int, out: wp.array(dtype=Outer), b: wp.array(dtype=float)):
    i = wp.tid()
    t = s
    t.inner.v[k] += a[i].x
    t.inner.v.x = b[i]
    t.inner.m[1] = wp.vec2(1.0, 2.0)
    t.inner.m[0, -1] -= s.x
    t.inner.m[0, k] *= 2.0
    t.inner.v[k] %= 2.0
    v = t.inner.v[1:]
    m = t.inner.m[:, 1]
    out[i] = t
    out[i].x += v[0]
    out[i].inner.v[1] = m[1]
