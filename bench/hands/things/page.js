/** Draws one planned picture on a canvas, in the browser: icons as SVG, digits in a font of the page. */

/** Of a box's outermost pixels, those that are hardly seen do not count. */
const FAINT = 40

const loadedFonts = new Set()

async function load({ family, url }) {
  if (!loadedFonts.has(family)) {
    loadedFonts.add(family)
    document.fonts.add(await new FontFace(family, `url(${url})`).load())
  }
}

async function stamp(mark) {
  const layer = new OffscreenCanvas(mark.side, mark.side)
  const pen = layer.getContext('2d')
  if (mark.svg !== undefined) {
    const icon = new Image()
    icon.src = `data:image/svg+xml,${encodeURIComponent(mark.svg)}`
    await icon.decode()
    pen.drawImage(icon, 0, 0, mark.side, mark.side)
  } else {
    await load(mark.font)
    pen.fillStyle = mark.hex
    pen.font = `${mark.font.weight} ${Math.round(mark.side * 0.95)}px '${mark.font.family}'`
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillText(mark.text, mark.side / 2, mark.side / 2)
  }
  return layer
}

/** left, top, right, bottom in pixels of what is to be seen of a layer. */
function boxOf(layer) {
  const { width, height } = layer
  const { data } = layer.getContext('2d').getImageData(0, 0, width, height)
  let box = [width, height, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x) + 3] > FAINT) {
        box = [
          Math.min(box[0], x),
          Math.min(box[1], y),
          Math.max(box[2], x + 1),
          Math.max(box[3], y + 1),
        ]
      }
    }
  }
  return box
}

/** The picture as base64 PNG, and the boxes of its marks as shares of its sides. */
export async function draw({ width, height, background, marks }) {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d')
  pen.fillStyle = background
  pen.fillRect(0, 0, width, height)
  const boxes = []
  for (const mark of marks) {
    const layer = await stamp(mark)
    const [left, top, right, bottom] = boxOf(layer)
    pen.drawImage(layer, mark.left, mark.top)
    boxes.push(
      [
        (mark.left + left) / width,
        (mark.top + top) / height,
        (mark.left + right) / width,
        (mark.top + bottom) / height,
      ].map((share) => Math.round(share * 10_000) / 10_000),
    )
  }
  return { png: canvas.toDataURL('image/png').split(',')[1], boxes }
}
