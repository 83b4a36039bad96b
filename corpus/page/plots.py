"""Plots as SVG text, to be put into a page; their colours are the page's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM = 520, 210, 46, 22


def histogram(values: Sequence[int], unit: str, bins: int = 40) -> str:
    """How many of the values are in each of some equal ranges.

    Args:
        values: whole numbers, none negative.
        unit: what they count, in the plural.
        bins: at most so many ranges.
    """
    step = max(1, -(-(max(values, default=0) + 1) // bins))
    counts = [0] * (max(values, default=0) // step + 1)
    for value in values:
        counts[value // step] += 1
    top, wide = max(*counts, 1), (WIDTH - LEFT) / len(counts)
    bars = []
    for index, count in enumerate(counts):
        tall = (HEIGHT - BOTTOM - 12) * count / top
        first, last = index * step, (index + 1) * step - 1
        said = f"{first if step == 1 else f'{first} to {last}'} {unit}: {count:,}"
        bars.append(
            f'<rect class="bar" x="{LEFT + index * wide:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" '
            f'width="{max(0.5, wide - 1):.1f}" height="{tall:.1f}"><title>{said}</title></rect>'
        )
    ticks = [(LEFT + (v / step) * wide, v) for v in _round_numbers(len(counts) * step)]
    return _svg("".join(bars) + _x_axis(ticks) + _y_axis(top), f"Histogram of {unit}")


def ranges(quantiles: Mapping[str, Sequence[int]], unit: str) -> str:
    """Of several kinds of thing, from the 5th to the 95th percentile, and the median, on a logarithmic scale.

    Args:
        quantiles: name to the 5th percentile, the median and the 95th percentile.
        unit: what they count, in the plural.
    """
    left, row = 130, 22
    top = max((q[2] for q in quantiles.values()), default=1)
    decades = max(1, math.ceil(math.log10(max(10, top))))

    def x(value: int) -> float:
        return left + (WIDTH - left - 60) * math.log10(max(1, value)) / decades

    parts = [
        f'<line class="axis" x1="{x(10**d):.1f}" x2="{x(10**d):.1f}" y1="0" y2="{row * len(quantiles)}"/>'
        f'<text x="{x(10**d):.1f}" y="{row * len(quantiles) + 14}" text-anchor="middle">{10**d:,}</text>'
        for d in range(decades + 1)
    ]
    for index, (name, (low, median, high)) in enumerate(quantiles.items()):
        y = index * row
        parts.append(
            f'<text class="label" x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="range" x="{x(low):.1f}" y="{y + 5}" width="{max(1, x(high) - x(low)):.1f}" height="12">'
            f"<title>{escape(name)}: 5th percentile {low:,}, median {median:,}, 95th {high:,} {unit}</title></rect>"
            f'<line class="median" x1="{x(median):.1f}" x2="{x(median):.1f}" y1="{y + 2}" y2="{y + 20}"/>'
            f'<text x="{x(high) + 6:.1f}" y="{y + 15}">{median:,}</text>'
        )
    return _svg("".join(parts), f"Ranges of {unit}", height=row * len(quantiles) + 20)


def bars(counts: Mapping[str, int], total: int) -> str:
    """Horizontal bars, in the order given.

    Args:
        counts: name to how many of ``total`` things have it.
        total: how many things there are.
    """
    left, row = 150, 17
    top = max(*counts.values(), 1) if counts else 1
    parts = []
    for index, (name, count) in enumerate(counts.items()):
        y, wide = index * row, (WIDTH - left - 60) * count / top
        share = f"{100 * count / total:.1f} %" if total else ""
        parts.append(
            f'<text class="label" x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="bar" x="{left}" y="{y + 2}" width="{wide:.1f}" height="{row - 4}">'
            f"<title>{escape(name)}: {count:,} programs, {share}</title></rect>"
            f'<text x="{left + wide + 6:.1f}" y="{y + 12}">{share}</text>'
        )
    return _svg("".join(parts), "Most frequent builtins", height=row * len(counts) + 4)


def curve(points: Sequence[int], x_name: str, y_name: str) -> str:
    """A line through ``points[0]`` at 1, ``points[1]`` at 2, and so on; of many points some are drawn."""
    count, top = len(points), max(*points, 1) if points else 1

    def place(index: int) -> str:
        x = LEFT + (WIDTH - LEFT - 8) * index / max(1, count - 1)
        return f"{x:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * points[index] / top:.1f}"

    shown = sorted({round(i * (count - 1) / 300) for i in range(301)}) if count else []
    line = f'<polyline class="curve" points="{" ".join(map(place, shown))}"/>'
    ticks = [(LEFT + (WIDTH - LEFT - 8) * v / max(1, count), v) for v in _round_numbers(count)]
    return _svg(line + _x_axis(ticks) + _y_axis(top), f"{y_name} by {x_name}")


def _svg(body: str, label: str, height: int = HEIGHT) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{body}</svg>'


def _round_numbers(top: int, about: int = 5) -> list[int]:
    """Some multiples of 1, 2 or 5 times a power of ten, from 0 to ``top``."""
    step = next(s for e in range(12) for s in (10**e, 2 * 10**e, 5 * 10**e) if s * about >= top)
    return list(range(0, top + 1, step))


def _x_axis(ticks: Sequence[tuple[float, int]]) -> str:
    y = HEIGHT - BOTTOM
    marks = (f'<text x="{x:.1f}" y="{y + 15}" text-anchor="middle">{value:,}</text>' for x, value in ticks)
    return f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}"/>' + "".join(marks)


def _y_axis(top: int) -> str:
    marks = []
    for value in _round_numbers(top, 4):
        y = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * value / top
        marks.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    return "".join(marks)
