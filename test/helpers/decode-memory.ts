/** Decodes a PNG of the largest size allowed and prints the memory that takes; run by decode.test.ts. */

import sharp from 'sharp'
import { decodeImage } from '../../inference/image/decode.ts'
import { resize } from '../../inference/image/resize.ts'

const SIDES = { width: 8192, height: 6400 }

const blank = sharp({ create: { ...SIDES, channels: 3, background: '#456' } })
const bytes = await blank.png({ compressionLevel: 1, palette: false }).toBuffer()
const before = process.resourceUsage().maxRSS
const image = await decodeImage(bytes)
resize(image, 224, 224)
const megabytes = (process.resourceUsage().maxRSS - before) / 1024
process.stdout.write(JSON.stringify({ pixels: image.width * image.height, megabytes, before }))
