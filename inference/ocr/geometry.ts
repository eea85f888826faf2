/** Points, hulls and rectangles of any angle. Knows nothing about text. */

/** In pixels; x to the right, y down. */
export type Point = { readonly x: number; readonly y: number }

/** Corners of a rectangle of any angle: top left, top right, bottom right, bottom left of its text. */
export type Quad = readonly [Point, Point, Point, Point]

/** A rectangle of any angle. */
export type Rectangle = {
  readonly center: Point
  /** Unit vector along the width; the height is along it turned by 90°. */
  readonly direction: Point
  readonly width: number
  readonly height: number
}

/** Counter-clockwise hull (monotone chain). @param points at least 1. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y)
  if (sorted.length < 3) {
    return sorted
  }
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = []
    for (const point of ordered) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) {
        chain.pop()
      }
      chain.push(point)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

/** Positive where a, b, c turn counter-clockwise. */
function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/** The rectangle of least area around points; one of its sides lies on an edge of their hull. */
export function minAreaRectangle(points: readonly Point[]): Rectangle {
  const hull = convexHull(points)
  let best = alignedTo(hull, { x: 1, y: 0 })
  for (const [i, from] of hull.entries()) {
    const to = hull[(i + 1) % hull.length]!
    const side = length(from, to)
    if (side > 0) {
      const direction = { x: (to.x - from.x) / side, y: (to.y - from.y) / side }
      const rectangle = alignedTo(hull, direction)
      if (rectangle.width * rectangle.height < best.width * best.height - 1e-9) {
        best = rectangle
      }
    }
  }
  return best
}

/** The smallest rectangle around points whose width is along a direction. */
function alignedTo(points: readonly Point[], direction: Point): Rectangle {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points) {
    const along = x * direction.x + y * direction.y
    const across = y * direction.x - x * direction.y
    left = Math.min(left, along)
    right = Math.max(right, along)
    top = Math.min(top, across)
    bottom = Math.max(bottom, across)
  }
  const [along, across] = [(left + right) / 2, (top + bottom) / 2]
  return {
    center: {
      x: along * direction.x - across * direction.y,
      y: along * direction.y + across * direction.x,
    },
    direction,
    width: right - left,
    height: bottom - top,
  }
}

/**
 * The corners of a rectangle, from the upper one of the two on the left, clockwise.
 *
 * Source: PaddleOCR, ppocr/postprocess/db_postprocess.py, `get_mini_boxes`.
 */
export function cornersOf({ center, direction, width, height }: Rectangle): Quad {
  const corner = (along: number, across: number): Point => ({
    x: center.x + (along * width * direction.x - across * height * direction.y) / 2,
    y: center.y + (along * width * direction.y + across * height * direction.x) / 2,
  })
  const corners = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)]
  const [a, b, c, d] = corners.sort((p, q) => p.x - q.x)
  const [topLeft, bottomLeft] = a!.y < b!.y ? [a!, b!] : [b!, a!]
  const [topRight, bottomRight] = c!.y < d!.y ? [c!, d!] : [d!, c!]
  return [topLeft, topRight, bottomRight, bottomLeft]
}

/** Width and height of what a quadrilateral shows: the longer one of two opposite sides. In pixels. */
export function sidesOf([topLeft, topRight, bottomRight, bottomLeft]: Quad): {
  readonly width: number
  readonly height: number
} {
  return {
    width: Math.max(length(topLeft, topRight), length(bottomLeft, bottomRight)),
    height: Math.max(length(topLeft, bottomLeft), length(topRight, bottomRight)),
  }
}

function length(from: Point, to: Point): number {
  return Math.hypot(to.x - from.x, to.y - from.y)
}

/**
 * The perspective that takes the unit square to a quadrilateral, whose rounded corners are no
 * rectangle. Source: P. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, 2.2.3.
 */
export function perspectiveTo([p, q, r, s]: Quad): (u: number, v: number) => Point {
  const across = { x: q.x - r.x, y: q.y - r.y }
  const down = { x: s.x - r.x, y: s.y - r.y }
  const sum = { x: p.x - q.x + r.x - s.x, y: p.y - q.y + r.y - s.y }
  const area = across.x * down.y - down.x * across.y
  const g = area === 0 ? 0 : (sum.x * down.y - down.x * sum.y) / area
  const h = area === 0 ? 0 : (across.x * sum.y - sum.x * across.y) / area
  return (u, v) => {
    const depth = g * u + h * v + 1
    return {
      x: ((q.x - p.x + g * q.x) * u + (s.x - p.x + h * s.x) * v + p.x) / depth,
      y: ((q.y - p.y + g * q.y) * u + (s.y - p.y + h * s.y) * v + p.y) / depth,
    }
  }
}

/** Whether a point is in a convex quadrilateral, or on its edge. */
export function isInside(quad: Quad, point: Point): boolean {
  const turns = quad.map((corner, i) => Math.sign(turn(corner, quad[(i + 1) % 4]!, point)))
  return !(turns.includes(1) && turns.includes(-1))
}

/** The middle of a quadrilateral's corners. */
export function middleOf(quad: Quad): Point {
  const [p, q, r, s] = quad
  return { x: (p.x + q.x + r.x + s.x) / 4, y: (p.y + q.y + r.y + s.y) / 4 }
}

/** The upright rectangle around a quadrilateral. */
export function boundsOf(quad: Quad): {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
} {
  const xs = quad.map(({ x }) => x)
  const ys = quad.map(({ y }) => y)
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
  }
}
