"""Queries of meshes, hierarchies, grids and volumes, textures; random numbers and noise; printing."""

HEAD = """import warp as wp


@wp.func
def inside(mesh: wp.uint64, p: wp.vec3):
    q = wp.mesh_query_point_sign_normal(mesh, p, 1.0e6)
    return q.result and q.sign < 0.0


"""
KERNEL = """@wp.kernel(enable_backward=False)
def kernel(
    mesh: wp.uint64, bvh: wp.uint64, grid: wp.uint64, vol: wp.uint64, x: wp.array(dtype=float), n: wp.array(dtype=int),
    v: wp.array(dtype=wp.vec3), a: float, k: int,
):
    i = wp.tid()
    p = v[i]
"""
RIGHT = """
# closest point
q = wp.mesh_query_point(mesh, p, a)
if q.result:
    v[i] = wp.mesh_eval_position(mesh, q.face, q.u, q.v)

# signed distance
q = wp.mesh_query_point_sign_winding_number(mesh, p, 100.0)
x[i] = q.sign * wp.length(wp.mesh_eval_position(mesh, q.face, q.u, q.v) - p)

# a helper
if inside(mesh, p):
    n[i] = 1

# no sign
q = wp.mesh_query_point_no_sign(mesh, p, a)
n[i] = q.face

# normal of a face
q = wp.mesh_query_ray(mesh, p, wp.vec3(0.0, -1.0, 0.0), a)
if q.result:
    v[i] = q.normal * q.t

# anything hit
if wp.mesh_query_ray_anyhit(mesh, p, wp.vec3(0.0, 0.0, 1.0), a):
    n[i] = 1

# count of hits
n[i] = wp.mesh_query_ray_count_intersections(mesh, p, wp.vec3(1.0, 0.0, 0.0))

# boxes of a mesh
for f in wp.mesh_query_aabb(mesh, p - wp.vec3(a), p + wp.vec3(a)):
    n[f] = n[f] + 1

# boxes by hand
q = wp.mesh_query_aabb(mesh, p, p + wp.vec3(1.0, 1.0, 1.0))
f = int(0)
while wp.mesh_query_aabb_next(q, f):
    n[f] = 1

# parts of a mesh
m = wp.mesh_get(mesh)
n[i] = m.indices[3 * i]
v[i] = m.points[n[i]]

# corners of a face
v[i] = wp.mesh_get_point(mesh, 3 * k) + wp.mesh_get_velocity(mesh, 3 * k)

# the normal of a face
v[i] = wp.mesh_eval_face_normal(mesh, k)

# boxes of a hierarchy
for f in wp.bvh_query_aabb(bvh, p, p + wp.vec3(a, a, a)):
    wp.atomic_add(n, f, 1)

# rays of a hierarchy
q = wp.bvh_query_ray(bvh, p, wp.vec3(0.0, 0.0, 1.0))
f = wp.int32(0)
while wp.bvh_query_next(q, f):
    n[f] += 1

# a root of a hierarchy
root = wp.bvh_get_group_root(bvh, k)
n[i] = root

# neighbours of a point
s = float(0.0)
for j in wp.hash_grid_query(grid, p, a):
    if j != i:
        d = wp.length(v[j] - p)
        if d < a:
            s += a - d
x[i] = s

# neighbours by hand
q = wp.hash_grid_query(grid, p, a)
j = int(0)
while wp.hash_grid_query_next(q, j):
    n[i] += 1

# in the order of cells
t = wp.hash_grid_point_id(grid, i)
v[t] = p * a

# sample of a volume
x[i] = wp.volume_sample_f(vol, wp.volume_world_to_index(vol, p), wp.Volume.LINEAR)

# sample of any type
x[i] = wp.volume_sample(vol, p, wp.Volume.CLOSEST, dtype=float)

# a voxel of ints
n[i] = wp.volume_lookup_i(vol, k, k, k)

# gradient of a volume
g = wp.vec3()
x[i] = wp.volume_sample_grad_f(vol, p, wp.Volume.LINEAR, g)
v[i] = g

# store a voxel
wp.volume_store_f(vol, 0, 1, k, a)

# a vector of a volume
v[i] = wp.volume_sample_v(vol, p, wp.Volume.LINEAR)

# index to world
v[i] = wp.volume_index_to_world(vol, wp.vec3(float(k), 0.0, 0.0))

# random numbers
state = wp.rand_init(k, i)
x[i] = wp.randf(state) + wp.randf(state, -1.0, 1.0)

# random ints
state = wp.rand_init(42)
n[i] = wp.randi(state, 0, 10)

# normal numbers
state = wp.rand_init(k)
x[i] = wp.randn(state)

# on a sphere
state = wp.rand_init(k, i)
v[i] = wp.sample_unit_sphere_surface(state) * a

# noise
state = wp.rand_init(k)
x[i] = wp.noise(state, p * 4.0) + wp.pnoise(state, wp.vec2(a, a), 2, 2)

# curl of noise
state = wp.rand_init(k)
v[i] = wp.curlnoise(state, p)

# poisson
state = wp.rand_init(k)
n[i] = int(wp.poisson(state, a))

# closest points of edges
c = wp.closest_point_edge_edge(p, v[0], v[1], v[2], 1.0e-6)
x[i] = c[2]

# triangle against triangle
n[i] = wp.intersect_tri_tri(p, v[0], v[1], v[2], v[3], v[4])

# print what was found
q = wp.mesh_query_point(mesh, p, a)
wp.printf("%d %f\\\\n", q.face, q.u)

# print one value
print(p)

# print text
print("here")

# the lower bound of sorted values
n[i] = wp.lower_bound(x, a)

# bounds within
n[i] = wp.lower_bound(x, 0, k, a)

# a sample of weights
state = wp.rand_init(k)
n[i] = wp.sample_cdf(state, x)

# a plane of a frustum
if wp.dot(p, v[0]) > a or wp.all_finite(a):
    x[i] = a
---
@wp.func
def unused(q: wp.MeshQueryPoint):
    return q.u
"""
WRONG = """
# the result instead of its flag
if wp.mesh_query_point(mesh, p, a):
    x[i] = a

# no such field
q = wp.mesh_query_point(mesh, p, a)
x[i] = q.distance

# the face as a float
q = wp.mesh_query_point(mesh, p, a)
x[i] = q.face

# a mesh by an int
q = wp.mesh_query_point(k, p, a)

# no distance
q = wp.mesh_query_point(mesh, p)

# a point that is a number
q = wp.mesh_query_point(mesh, a, a)

# an int distance
q = wp.mesh_query_point(mesh, p, 100)

# a mesh of Python
q = wp.mesh_query_point(MESH, p, a)
---
MESH = None

# as methods
q = mesh.query_point(p, a)

# unpacked
hit, u, w = wp.mesh_query_ray(mesh, p, p, a)

# the old way with outputs
t = float(0.0)
u = float(0.0)
if wp.mesh_query_ray(mesh, p, p, a, t, u):
    x[i] = t

# position with too few
v[i] = wp.mesh_eval_position(mesh, k)

# position of floats
v[i] = wp.mesh_eval_position(mesh, a, a, a)

# a field of a mesh that is not there
m = wp.mesh_get(mesh)
v[i] = m.normals[0]

# points by a float
m = wp.mesh_get(mesh)
v[i] = m.points[a]

# points of ints
m = wp.mesh_get(mesh)
n[i] = m.points[0]

# boxes of numbers
for f in wp.bvh_query_aabb(bvh, a, a):
    n[f] = 1

# the number of hits
n[i] = len(wp.bvh_query_aabb(bvh, p, p))

# a hierarchy without a loop
n[i] = wp.bvh_query_aabb(bvh, p, p)

# next without a query
j = int(0)
while wp.hash_grid_query_next(grid, j):
    n[j] = 1

# next of another query
q = wp.bvh_query_aabb(bvh, p, p)
j = int(0)
while wp.hash_grid_query_next(q, j):
    n[j] = 1

# index as a float
for j in wp.hash_grid_query(grid, p, a):
    x[i] += j

# radius of ints
for j in wp.hash_grid_query(grid, p, 2):
    n[j] = 1

# enumerated neighbours
for c, j in enumerate(wp.hash_grid_query(grid, p, a)):
    n[j] = c

# a volume by text
x[i] = wp.volume_sample_f(vol, p, "linear")

# a voxel of floats
x[i] = wp.volume_lookup_f(vol, a, a, a)

# ints of a volume of floats
n[i] = wp.volume_sample_f(vol, p, wp.Volume.LINEAR)

# a voxel stored as an int
wp.volume_store_f(vol, 0, 0, 0, 1)

# sample without a type
x[i] = wp.volume_sample(vol, p, wp.Volume.LINEAR)

# a mode that is not there
x[i] = wp.volume_sample_f(vol, p, wp.Volume.CUBIC)

# random without a state
x[i] = wp.randf()

# random of an int state
x[i] = wp.randf(k)

# a seed of floats
state = wp.rand_init(a)

# ints in a float range
state = wp.rand_init(k)
x[i] = wp.randf(state, 0, 1)

# a random int as a float
state = wp.rand_init(k)
x[i] = wp.randi(state)

# floats in an int range
state = wp.rand_init(k)
n[i] = wp.randi(state, 0.0, 1.0)

# Python's random
x[i] = random.random()
---
import random

# NumPy's random
x[i] = np.random.rand()
---
import numpy as np

# noise without a point
state = wp.rand_init(k)
x[i] = wp.noise(state)

# noise of ints
state = wp.rand_init(k)
x[i] = wp.noise(state, k)

# print several
print(p, a)

# formatted
print(f"{a}")

# percent
print("%f" % a)

# print with an end
print(a, end="")

# printf without text
wp.printf(a)

# a search in another type
n[i] = wp.lower_bound(n, a)

# an input
t = input()
"""
