"""Vectors and matrices of own sizes, quaternions, transforms, spatial vectors."""

from tests.proofs.idioms.values import HEAD, KERNEL

__all__ = ["HEAD", "KERNEL", "RIGHT", "WRONG"]

RIGHT = """
# a vector of six
w[i] = vec6(a, a, a, 0.0, 0.0, 0.0)

# a vector of six and one value
w[i] = vec6(a) + w[i] * 2.0

# component of six
w[i][5] = a

# a 3x4 matrix times a vector of four
v[i] = p[i] * wp.vec4(a, a, a, 1.0)

# transpose of a 3x4 matrix
r = wp.transpose(p[i])
x[i] = r[3, 2]

# product of own shapes
m[i] = p[i] * mat43(a)

# a big matrix of doubles
b = mat66d()
b[0, 5] = d[i]
d[i] = b[0, 5] + wp.trace(b)

# a matrix of rows
m[i] = wp.matrix_from_rows(v[i], v[0], UP)

# a matrix of columns
m[i] = wp.matrix_from_cols(v[i], UP, v[0])

# nine numbers
m[i] = wp.mat33(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

# the identity
m[i] = wp.identity(n=3, dtype=float) * a

# outer product
m[i] = wp.outer(v[i], UP)

# a skew matrix
m[i] = wp.skew(v[i]) @ m[0]

# an inverse
m[i] = wp.inverse(m[i] + wp.diag(v[i]))

# a determinant
x[i] = wp.determinant(m[i])

# a row set
r = m[i]
r[0] = v[i]
m[i] = r

# quaternion from axis and angle
q[i] = wp.quat_from_axis_angle(wp.normalize(v[i]), a)

# quaternion product
q[i] = wp.normalize(q[i] * q[0])

# rotate and turn back
v[i] = wp.quat_rotate_inv(q[i], wp.quat_rotate(q[i], v[i]))

# components of a quaternion
x[i] = q[i][3] + q[i].w

# a quaternion of four numbers
q[i] = wp.quat(0.0, 0.0, 0.0, 1.0)

# imaginary and real part
q[i] = wp.quat(v[i], a)

# transform of its parts
t[i] = wp.transform(v[i], q[i])

# parts of a transform
v[i] = wp.transform_get_translation(t[i])
q[i] = wp.transform_get_rotation(t[i])

# parts by name
v[i] = t[i].p

# product of transforms
t[i] = wp.transform_inverse(t[0]) * t[i]

# a point and a direction
v[i] = wp.transform_point(t[i], v[i]) - wp.transform_vector(t[i], UP)

# a spatial vector of halves
s[i] = wp.spatial_vector(v[i], wp.cross(v[i], UP))

# halves of a spatial vector
v[i] = wp.spatial_top(s[i]) + wp.spatial_bottom(s[i])
"""
WRONG = """
# six of five numbers
w[i] = vec6(a, a, a, a, a)

# vectors of other lengths
w[i] = w[i] + v[i]

# cross of six
w[i] = wp.cross(w[i], w[0])

# a 3x4 matrix times a vector of three
v[i] = p[i] * v[i]

# sum of other shapes
p[i] = p[i] + m[i]

# determinant of a rectangle
x[i] = wp.determinant(p[i])

# inverse of a rectangle
p[i] = wp.inverse(p[i])

# trace of a rectangle
x[i] = wp.trace(p[i])

# product of rectangles
p[i] = p[i] * p[0]

# eight numbers
m[i] = wp.mat33(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)

# a matrix of lists
m[i] = wp.mat33([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])

# a matrix of doubles
m[i] = wp.mat33d()

# a vector plus a matrix
v[i] = v[i] + m[i]

# a quaternion of three numbers
q[i] = wp.quat(a, a, a)

# a quaternion times a vector
v[i] = q[i] * v[i]

# a quaternion plus a number
q[i] = q[i] + 1.0

# angle as an int
q[i] = wp.quat_from_axis_angle(UP, k)

# axis and angle turned around
q[i] = wp.quat_from_axis_angle(a, UP)

# rotated with arguments turned around
v[i] = wp.quat_rotate(v[i], q[i])

# a transform plus a vector
t[i] = t[i] + v[i]

# a transform times a vector
v[i] = t[i] * v[i]

# point of a quaternion
v[i] = wp.transform_point(q[i], v[i])

# transform of a matrix
t[i] = wp.transform(v[i], m[i])

# spatial of six numbers and one more
s[i] = wp.spatial_vector(a, a, a, a, a, a, a)

# spatial and vec6 by name
v[i] = s[i]
"""
