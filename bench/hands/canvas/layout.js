/** Where somebody puts the shapes of a drawing: sizes and centers in pixels. */

/** Radii by number of shapes, as shares of the area's shorter side. */
const RADII = {
  1: [0.05, 0.4],
  2: [0.06, 0.28],
  3: [0.06, 0.22],
  4: [0.055, 0.17],
  5: [0.05, 0.15],
  6: [0.05, 0.13],
}

/** Of the smaller of two boxes that overlap, at most. */
const MOST_HIDDEN = 0.33

/**
 * Places `extents` ([half width, half height] of each shape as shares of its radius).
 *
 * @param area left, top, width, height of what may be drawn on.
 * @param habit `apart`, `row`, `column`, `diagonal`, `big`, `touching`, `overlapping` or `cut`.
 * @returns x, y, radius of each, in the order in which they are drawn; null if they do not fit.
 */
export function layOut(extents, { area, habit, least, d }) {
  if (extents.length === 0) {
    return []
  }
  for (let attempt = 0; attempt < 60; attempt++) {
    const spots = guess(extents, { area, habit, least, d })
    if (spots !== null && allowed(spots, extents, { area, habit })) {
      return spots
    }
  }
  return null
}

function guess(extents, { area, habit, least, d }) {
  const side = Math.min(area.width, area.height)
  const count = extents.length
  const [low, high] = RADII[count]
  const radii = extents.map(() => Math.max(least, side * d.ratio(low, high)))
  if (habit === 'row' || habit === 'column' || habit === 'diagonal') {
    return inLine(radii, extents, { area, habit, d })
  }
  if (habit === 'big') {
    radii[0] = side * d.between(0.24, 0.36)
    for (let i = 1; i < count; i++) {
      radii[i] = Math.max(least, side * d.between(0.06, 0.12))
    }
  }
  const spots = []
  for (const [i, radius] of radii.entries()) {
    const [hw, hh] = extents[i].map((share) => share * radius)
    const cut = habit === 'cut' && i === 0
    const spot = { radius, ...anywhere(area, { hw, hh, cut, d }) }
    if (spot.x === undefined) {
      return null
    }
    if (i === 1 && (habit === 'touching' || habit === 'overlapping')) {
      Object.assign(spot, beside(spots[0], spot, { habit, extents, d }))
    }
    spots.push(spot)
  }
  return spots
}

function anywhere(area, { hw, hh, cut, d }) {
  // A little over the edge, or at a distance from it.
  const over = cut ? -0.24 : 0.08
  const [x0, x1] = [area.left + hw * (1 + over), area.left + area.width - hw * (1 + over)]
  const [y0, y1] = [area.top + hh * (1 + over), area.top + area.height - hh * (1 + over)]
  if (x0 > x1 || y0 > y1) {
    return {}
  }
  if (cut) {
    const horizontal = d.chance(0.5)
    const x = horizontal ? d.pick([x0, x1]) : d.between(x0, x1)
    return { x, y: horizontal ? d.between(y0, y1) : d.pick([y0, y1]) }
  }
  return { x: d.between(x0, x1), y: d.between(y0, y1) }
}

/** The second shape's center: at the first one's side, touching it or over its edge. */
function beside(first, second, { habit, extents, d }) {
  const angle = d.between(0, 2 * Math.PI)
  const reach = (spot, [w, h]) => spot.radius * (Math.abs(Math.cos(angle)) > 0.7 ? w : h)
  const sum = reach(first, extents[0]) + reach(second, extents[1])
  const away = sum * (habit === 'touching' ? 1 : d.between(0.74, 0.88))
  return { x: first.x + away * Math.cos(angle), y: first.y + away * Math.sin(angle) }
}

function inLine(radii, extents, { area, habit, d }) {
  const count = radii.length
  const shares = radii.map((_, i) => (i + 0.5) / count + d.between(-0.04, 0.04))
  const across = d.between(0.3, 0.7)
  return radii.map((radius, i) => {
    const along = shares[i]
    const other = habit === 'diagonal' ? along : across + d.between(-0.04, 0.04)
    const [sx, sy] = habit === 'column' ? [other, along] : [along, other]
    return { radius, x: area.left + sx * area.width, y: area.top + sy * area.height }
  })
}

function allowed(spots, extents, { area, habit }) {
  const inside = (spot, [w, h], i) => {
    const over = habit === 'cut' && i === 0 ? 0.3 : 0
    const [hw, hh] = [w * spot.radius * (1 - over), h * spot.radius * (1 - over)]
    return (
      spot.x - hw >= area.left &&
      spot.x + hw <= area.left + area.width &&
      spot.y - hh >= area.top &&
      spot.y + hh <= area.top + area.height
    )
  }
  if (!spots.every((spot, i) => inside(spot, extents[i], i))) {
    return false
  }
  return spots.every((one, i) =>
    spots.every((other, k) => {
      if (k <= i) {
        return true
      }
      const meet = i === 0 && k === 1 && (habit === 'touching' || habit === 'overlapping')
      const [a, b] = [extents[i], extents[k]]
      const sum = one.radius + other.radius
      return meet ? hides(one, other, a, b) < MOST_HIDDEN : apart(one, other, a, b, sum * 0.06)
    }),
  )
}

function apart(one, other, [w1, h1], [w2, h2], gap) {
  return (
    Math.abs(one.x - other.x) > one.radius * w1 + other.radius * w2 + gap ||
    Math.abs(one.y - other.y) > one.radius * h1 + other.radius * h2 + gap
  )
}

/** How much of two stretches around centers at that distance is common; `a` and `b` are half of each. */
const common = (distance, a, b) => Math.max(0, Math.min(a + b - Math.abs(distance), 2 * a, 2 * b))

/** How much of the smaller box the two have in common. */
function hides(one, other, [w1, h1], [w2, h2]) {
  const width = common(one.x - other.x, w1 * one.radius, w2 * other.radius)
  const height = common(one.y - other.y, h1 * one.radius, h2 * other.radius)
  return (width * height) / (4 * Math.min(w1 * h1 * one.radius ** 2, w2 * h2 * other.radius ** 2))
}
