/**
 * Outlines of shapes as closed lines of points, [x, y], y downward, about the origin.
 *
 * Each form is one of those that people draw, within the limits that `bench/hands/README.md` states.
 */

const TURN = 2 * Math.PI

export const COMMON = { circle: 20, square: 18, triangle: 16, star: 14, heart: 12 }
export const OTHERS = {
  rectangle: 11,
  oval: 9,
  hexagon: 7,
  pentagon: 6,
  diamond: 9,
  cross: 9,
  arrow: 9,
  crescent: 8,
  ring: 8,
}
/** Shapes that are still known for what they are with a part cut off. */
export const CUTTABLE = ['circle', 'star', 'heart', 'cross', 'ring']
/** Shapes that are wide lines or have a hole: only filled. */
export const ONLY_FILLED = new Set(['ring'])

const around = (count, radiusOf, start = -Math.PI / 2) =>
  Array.from({ length: count }, (_, i) => {
    const angle = start + (TURN * i) / count
    const radius = radiusOf(i)
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  })

const sampled = (count, at) => Array.from({ length: count }, (_, i) => at(i / (count - 1)))

const turned = (points, angle) =>
  points.map(([x, y]) => [
    x * Math.cos(angle) - y * Math.sin(angle),
    x * Math.sin(angle) + y * Math.cos(angle),
  ])

const stretched = (points, sx, sy) => points.map(([x, y]) => [x * sx, y * sy])

const degrees = (value) => (value * Math.PI) / 180

function box(width, height) {
  return [
    [-width, -height],
    [width, -height],
    [width, height],
    [-width, height],
  ]
}

/** Mostly level, sometimes tilted by up to `limit` degrees. */
const tilt = (d, limit) => (d.chance(0.6) ? 0 : degrees(d.between(-limit, limit)))

const FORMS = {
  circle: () => [around(120, () => 1)],
  oval(d) {
    const flat = stretched(
      around(120, () => 1),
      1,
      1 / d.between(1.5, 2.3),
    )
    const angle = d.pick([0, 0, Math.PI / 2, degrees(d.between(-60, 60))])
    return [turned(flat, angle)]
  },
  square: (d) => [turned(box(1, d.between(0.95, 1.05)), tilt(d, 28))],
  rectangle(d) {
    const upright = d.chance(0.35) ? Math.PI / 2 : 0
    return [turned(box(1, 1 / d.between(1.6, 3)), upright + tilt(d, 25))]
  },
  triangle(d) {
    const even = around(3, () => 1)
    const kind = d.pick(['even', 'even', 'tall', 'flat', 'right', 'any'])
    const points = {
      even,
      tall: stretched(even, 0.75, 1.1),
      flat: stretched(even, 1.2, 0.8),
      right: [
        [-1, -1],
        [-1, 0.8],
        [1, 0.8],
      ],
      any: around(3, () => d.between(0.85, 1.15)),
    }[kind]
    const angle = d.pick([0, 0, 0, Math.PI, degrees(d.between(0, 360))])
    return [turned(points, angle)]
  },
  star(d) {
    const points = d.pick([5, 5, 5, 5, 4, 6, 7, 8])
    const inner = points === 4 ? d.between(0.3, 0.42) : d.between(0.4, 0.5) + (points - 5) * 0.04
    const angle = d.chance(0.6) ? 0 : degrees(d.between(-36, 36))
    return [
      turned(
        around(2 * points, (i) => (i % 2 === 0 ? 1 : inner)),
        angle,
      ),
    ]
  },
  heart(d) {
    const plump = d.between(0.9, 1.1)
    const points = Array.from({ length: 100 }, (_, i) => {
      const t = (TURN * i) / 100
      const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t)
      return [(plump * 16 * Math.sin(t) ** 3) / 17, -(y + 2.5) / 17]
    })
    return [turned(points, tilt(d, 28))]
  },
  hexagon: (d) => [around(6, () => 1, d.pick([0, -Math.PI / 2, degrees(d.between(0, 60))]))],
  pentagon: (d) => [around(5, () => 1, -Math.PI / 2 + tilt(d, 36))],
  diamond(d) {
    const ratio = d.between(1.3, 1.9)
    const wide = d.chance(0.25)
    const points = around(4, (i) => ((i % 2 === 0) === wide ? 1 / ratio : 1))
    return [turned(points, tilt(d, 13))]
  },
  cross(d) {
    const a = d.between(0.24, 0.38)
    const corner = [
      [a, -1],
      [a, -a],
      [1, -a],
    ]
    return [
      turned(
        [0, 1, 2, 3].flatMap((i) => turned(corner, (i * TURN) / 4)),
        tilt(d, 12),
      ),
    ]
  },
  arrow(d) {
    const shaft = d.between(0.14, 0.26)
    const head = d.between(0.45, 0.65)
    const neck = d.between(0.05, 0.4)
    const points = [
      [-1, -shaft],
      [neck, -shaft],
      [neck, -head],
      [1, 0],
      [neck, head],
      [neck, shaft],
      [-1, shaft],
    ]
    const angle = d.pick([0, 90, 180, 270, d.between(0, 360)])
    return [turned(points, degrees(angle))]
  },
  crescent(d) {
    const shift = d.between(0.4, 0.62)
    const radius = d.between(0.8, 0.95)
    // Where the two circles meet.
    const x = (1 - radius ** 2 + shift ** 2) / (2 * shift)
    const outer = Math.atan2(Math.sqrt(1 - x * x), x)
    const inner = Math.atan2(Math.sqrt(1 - x * x), x - shift)
    const points = [
      ...sampled(70, (t) => {
        const angle = outer + t * (TURN - 2 * outer)
        return [Math.cos(angle), Math.sin(angle)]
      }),
      ...sampled(50, (t) => {
        const angle = -inner - t * (TURN - 2 * inner)
        return [shift + radius * Math.cos(angle), radius * Math.sin(angle)]
      }),
    ]
    return [turned(points, degrees(d.pick([0, 180, -30, d.between(0, 360)])))]
  },
  ring(d) {
    const hole = d.between(0.48, 0.66)
    return [around(120, () => 1), around(90, () => hole).reverse()]
  },
}

/** @returns the lines of a form of that shape; a ring has two, the others one. */
export function formOf(shape, d) {
  return FORMS[shape](d)
}

/** @returns [left, top, right, bottom] of lines. */
export function boundsOf(lines) {
  const points = lines.flat()
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

/** Scales lines so that the longer side of their box is 2 `radius`, and puts its center at x, y. */
export function placed(lines, { x, y, radius }) {
  const [left, top, right, bottom] = boundsOf(lines)
  const scale = (2 * radius) / Math.max(right - left, bottom - top)
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2]
  return lines.map((line) => line.map(([px, py]) => [x + (px - cx) * scale, y + (py - cy) * scale]))
}

/** The box of a form as shares of its radius: half width and half height. */
export function extentOf(lines) {
  const [left, top, right, bottom] = boundsOf(lines)
  const longer = Math.max(right - left, bottom - top)
  return [(right - left) / longer, (bottom - top) / longer]
}

/** Points every `step` pixels along a closed line, so that a hand can tremble between its corners. */
export function dense(line, step) {
  return line.flatMap(([x, y], i) => {
    const [nx, ny] = line[(i + 1) % line.length]
    const count = Math.max(1, Math.round(Math.hypot(nx - x, ny - y) / step))
    return Array.from({ length: count }, (_, k) => [
      x + ((nx - x) * k) / count,
      y + ((ny - y) * k) / count,
    ])
  })
}

/** The line as a hand with a mouse follows it: slow waves and a little noise, in pixels. */
export function trembling(line, { amount, noise, d }) {
  const waves = [2, 3, 5, 8].map((times) => ({
    times,
    size: (amount * d.between(0.3, 1)) / Math.sqrt(times),
    px: d.between(0, TURN),
    py: d.between(0, TURN),
  }))
  return line.map(([x, y], i) => {
    const t = (TURN * i) / line.length
    const dx = waves.reduce((sum, w) => sum + w.size * Math.sin(w.times * t + w.px), 0)
    const dy = waves.reduce((sum, w) => sum + w.size * Math.sin(w.times * t + w.py), 0)
    return [x + dx + d.between(-noise, noise), y + dy + d.between(-noise, noise)]
  })
}

const cut = (points, share) =>
  points.flatMap(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length]
    return [
      [x + (nx - x) * share, y + (ny - y) * share],
      [nx - (nx - x) * share, ny - (ny - y) * share],
    ]
  })

/** Corners cut twice (Chaikin 1974): a polygon with round corners. */
export function rounded(line) {
  return cut(cut(line, 0.14), 0.25)
}
