/** The colors of a paint program: its palette, and what people mix beside it. */

/** Hex values that everybody calls by that name. `bench/hands/colors.py` checks them all. */
export const COLORS = {
  red: ['#ed1c24', '#ff0000', '#e3342f', '#d0021b', '#cc0000', '#ea2b1f', '#c81e1e', '#b30f0f'],
  orange: ['#ff7f27', '#ff8c00', '#f5841f', '#fd7e14', '#ff9a1f', '#f28c28'],
  yellow: ['#fff200', '#ffff00', '#ffe600', '#ffeb3b', '#fde910', '#fff44f', '#fff06a'],
  green: ['#22b14c', '#008000', '#2ecc40', '#1e8e3e', '#34a853', '#0a6b2d', '#00c800', '#5fd35f'],
  blue: ['#0000ff', '#1f6feb', '#3b7dd8', '#0057d8', '#1c3fbf', '#00008b', '#5aa9ff', '#2f80ed'],
  purple: ['#800080', '#7b2fbe', '#6a1b9a', '#8e24aa', '#9b30d0', '#6f2da8', '#a45fd6'],
  pink: ['#ffaec9', '#ff69b4', '#ff8fc0', '#ffb6c1', '#f78fb3', '#ff9ecb', '#ff5fa8'],
  brown: ['#8b4513', '#7a4a21', '#6b3e1d', '#5c3a1e', '#964b00', '#86522a', '#744019'],
  black: ['#000000', '#0a0a0a', '#111111', '#050507'],
  white: ['#ffffff', '#fdfdfd', '#ffffff'],
  gray: ['#7f7f7f', '#808080', '#999999', '#8c8c8c', '#6e6e6e', '#a6a6a6'],
  turquoise: ['#40e0d0', '#06c2ac', '#1fd1c0', '#20c9b8', '#12bfae'],
}

/** @returns [lightness 0-100, a, b] in CIELAB of a color such as `#ed1c24`, under D65. */
export function labOf(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  const [x, y, z] = [
    (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
  ].map((v) => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116))
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

/** How different two colors look: the distance in CIELAB. */
export function contrast(one, other) {
  const [a, b] = [labOf(one), labOf(other)]
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}

/** A color mixed with white (share above 0) or with black (below 0). */
export function shade(hex, share) {
  const target = share > 0 ? 255 : 0
  const channels = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16)
    return Math.round(value + (target - value) * Math.abs(share))
  })
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
