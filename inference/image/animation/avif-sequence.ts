/**
 * The frames of an animated AVIF, each as a still one that libheif reads, which knows no animations.
 *
 * A frame is written as what it is computed from: a picture of all samples from the last one that stands
 * by itself. libaom decodes them in order and gives the last. Format: ISO/IEC 14496-12, and
 * https://aomediacodec.github.io/av1-avif/. Transparency is a track of its own, and is left out.
 */

/** Length and type of a box. */
const BOX_HEADER = 8
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])
/** Version and flags, and what stands before the boxes in these. */
const BEFORE_ENTRIES = 8
const BEFORE_PROPERTIES = 78
const MS = 1000
/** No animation has more samples: 18 minutes at 60 a second. */
const MAX_SAMPLES = 65_536

type Sample = { readonly at: number; readonly length: number }

export type AvifSequence = {
  readonly width: number
  readonly height: number
  /** Milliseconds that each frame is shown. */
  readonly delays: readonly number[]
  /** How many samples a frame is decoded from. */
  decoded(index: number): number
  /** A still AVIF file of a frame. @param index from 0. */
  still(index: number): Uint8Array
}

/** Boxes of one track, by type. */
type Track = Readonly<Record<string, Buffer | undefined>>

/** Reads the structure of a file. @returns null if it is not animated, or its structure is wrong. */
export function readAvifSequence(bytes: Uint8Array): AvifSequence | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    const track = tracksOf(file).find(isPictures)
    return track === undefined ? null : sequenceOf(file, track)
  } catch (error) {
    if (error instanceof RangeError) {
      return null // a number points behind the end
    }
    throw error
  }
}

/** @yields type and content of each box between two places. */
function* boxesIn(data: Buffer): Generator<readonly [type: string, content: Buffer]> {
  for (let at = 0; at + BOX_HEADER <= data.length;) {
    const stated = data.readUInt32BE(at)
    const length = stated === 0 ? data.length - at : stated
    if (length < BOX_HEADER) {
      return // 64-bit lengths are for files larger than are read here
    }
    yield [
      data.toString('latin1', at + 4, at + BOX_HEADER),
      data.subarray(at + BOX_HEADER, at + length),
    ]
    at += length
  }
}

function tracksOf(file: Buffer): Track[] {
  const tracks: Track[] = []
  const collect = (data: Buffer, track: Record<string, Buffer | undefined>) => {
    for (const [type, content] of boxesIn(data)) {
      if (type === 'trak') {
        const own = {}
        tracks.push(own)
        collect(content, own)
      } else if (CONTAINERS.has(type)) {
        collect(content, track)
      } else {
        track[type] ??= content
      }
    }
  }
  const movie = [...boxesIn(file)].find(([type]) => type === 'moov')
  collect(movie?.[1] ?? Buffer.alloc(0), {})
  return tracks
}

/** Whether a track has pictures, and not their transparency (`auxv`) or sound. */
function isPictures({ hdlr }: Track): boolean {
  return hdlr?.toString('latin1', 8, 12) === 'pict'
}

function sequenceOf(file: Buffer, track: Track): AvifSequence | null {
  const { stsd, mdhd, stsz, stss, stts } = track
  const entry = [...boxesIn(stsd?.subarray(BEFORE_ENTRIES) ?? Buffer.alloc(0))][0]
  if (entry?.[0] !== 'av01' || !mdhd || !stsz || !stts) {
    return null
  }
  const [, description] = entry
  const properties = new Map(boxesIn(description.subarray(BEFORE_PROPERTIES)))
  const av1C = properties.get('av1C')
  const sizes = sizesIn(stsz)
  const samples = samplesOf(track, sizes)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  // Samples that share bytes would make a small file a large one.
  if (av1C === undefined || samples.length < 2 || bytes > file.length) {
    return null
  }
  const [width, height] = [description.readUInt16BE(24), description.readUInt16BE(26)]
  const first = firstsOf(stss, samples.length)
  return {
    width,
    height,
    delays: delaysOf(stts, mdhd, samples.length),
    decoded: (index) => index + 1 - first[index]!,
    still: (index) => {
      const needed = samples.slice(first[index], index + 1)
      const data = needed.map(({ at, length }) => file.subarray(at, at + length))
      return stillAvif({ width, height, av1C, colr: properties.get('colr') }, Buffer.concat(data))
    },
  }
}

function sizesIn(stsz: Buffer): number[] {
  const [same, count] = [stsz.readUInt32BE(4), stsz.readUInt32BE(8)]
  if (count > MAX_SAMPLES) {
    throw new RangeError(`expected ${MAX_SAMPLES} samples at most, got ${count}`)
  }
  return Array.from({ length: count }, (_, i) => same || stsz.readUInt32BE(12 + 4 * i))
}

/** Where the samples are: in chunks one after the other, some in each. */
function samplesOf({ stsc, stco, co64 }: Track, sizes: readonly number[]): Sample[] {
  const chunks = stco ?? co64
  if (!stsc || !chunks) {
    return []
  }
  const samples: Sample[] = []
  const runs = stsc.readUInt32BE(4)
  let run = 0
  for (let chunk = 0; chunk < chunks.readUInt32BE(4) && samples.length < sizes.length; chunk++) {
    while (run + 1 < runs && stsc.readUInt32BE(8 + 12 * (run + 1)) <= chunk + 1) {
      run += 1
    }
    let at = stco ? stco.readUInt32BE(8 + 4 * chunk) : Number(chunks.readBigUInt64BE(8 + 8 * chunk))
    const inChunk = stsc.readUInt32BE(8 + 12 * run + 4)
    for (const length of sizes.slice(samples.length, samples.length + inChunk)) {
      samples.push({ at, length })
      at += length
    }
  }
  return samples
}

/** For each sample the last one up to it that stands by itself. @param stss absent: all do. */
function firstsOf(stss: Buffer | undefined, count: number): number[] {
  if (stss === undefined) {
    return Array.from({ length: count }, (_, i) => i)
  }
  const independent = new Set(
    Array.from(
      { length: Math.min(stss.readUInt32BE(4), count) },
      (_, i) => stss.readUInt32BE(8 + 4 * i) - 1,
    ),
  )
  let first = 0
  return Array.from({ length: count }, (_, i) => (first = independent.has(i) ? i : first))
}

function delaysOf(stts: Buffer, mdhd: Buffer, count: number): number[] {
  const perSecond = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12)
  const delays: number[] = []
  for (let run = 0; run < stts.readUInt32BE(4) && delays.length < count; run++) {
    const length = Math.min(stts.readUInt32BE(8 + 8 * run), count - delays.length)
    const delay = (MS * stts.readUInt32BE(12 + 8 * run)) / Math.max(perSecond, 1)
    delays.push(...Array.from({ length }, () => delay))
  }
  return Array.from({ length: count }, (_, i) => delays[i] ?? 0)
}

type Still = {
  readonly width: number
  readonly height: number
  /** Contents of the boxes of that name. */
  readonly av1C: Buffer
  readonly colr: Buffer | undefined
}

/** A file of one picture. */
function stillAvif({ width, height, av1C, colr }: Still, data: Buffer): Uint8Array {
  const ftyp = box('ftyp', text('avif'), uint32(0), text('avifmif1miaf'))
  const properties = [
    fullBox('ispe', 0, uint32(width), uint32(height)),
    box('av1C', av1C),
    ...(colr ? [box('colr', colr)] : []),
  ]
  // 0x80: an essential property.
  const associations = properties.map((_, i) => (i === 1 ? 0x80 : 0) + i + 1)
  const meta = (at: number) =>
    fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, uint32(0), text('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, uint16(1)),
      fullBox('iinf', 0, uint16(1), fullBox('infe', 2, uint16(1), uint16(0), text('av01\0'))),
      // Offsets and lengths of 4 bytes; one item, in one extent.
      fullBox(
        'iloc',
        0,
        Buffer.from([0x44, 0]),
        ...[1, 1, 0, 1].map(uint16),
        uint32(at),
        uint32(data.length),
      ),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox(
          'ipma',
          0,
          uint32(1),
          uint16(1),
          Buffer.from([associations.length, ...associations]),
        ),
      ),
    )
  const start = ftyp.length + meta(0).length + BOX_HEADER
  return Buffer.concat([ftyp, meta(start), box('mdat', data)])
}

function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([uint32(BOX_HEADER + content.length), text(type), content])
}

function fullBox(type: string, version: number, ...parts: readonly Buffer[]): Buffer {
  return box(type, Buffer.from([version, 0, 0, 0]), ...parts)
}

function text(characters: string): Buffer {
  return Buffer.from(characters, 'latin1')
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
