import warp as wp


@wp.struct
class Inner:
    weight: float
    offset: wp.vec3


@wp.struct
class Body:
    inner: Inner
    values: wp.array(dtype=float)
    count: int


@wp.func
def total(body: Body):
    return body.inner.weight * float(body.count)


@wp.kernel
def kernel(body: Body, bodies: wp.array(dtype=Body), out: wp.array(dtype=float)):
    i = wp.tid()
    inner = Inner()
    inner.weight = 2.0
    inner.offset.x += 1.0
    made = Inner(3.0, wp.vec3(1.0, 2.0, 3.0))
    named = Inner(weight=1.0, offset=inner.offset)
    local = Body()
    local.inner = made
    local.inner.weight = named.weight
    bodies[i].inner = inner
    bodies[i].count += 1
    out[i] = total(local) + body.values[body.count] + bodies[i].inner.offset.y
