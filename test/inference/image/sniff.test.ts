import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sniffFormat } from '../../../inference/image/sniff.ts'
import { pictureBytes } from '../../helpers/pictures.ts'

const ACCEPTED = [
  ['rgba.png', 'PNG'],
  ['444.jpg', 'JPEG'],
  ['lossy.webp', 'WebP'],
  ['444.avif', 'AVIF'],
  ['still.gif', 'GIF'],
  ['rgb.tif', 'TIFF'],
] as const

const REFUSED = [
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'svg'],
  ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- logo -->\n<svg >', 'svg'],
  ['<!DOCTYPE html><p>404', 'web-page'],
  ['<!DOCTYPE html><head><svg width="1"></svg>', 'web-page'],
  ['<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"><svg ><foreignObject><html >', 'svg'],
  ['\0\0\x01\0\x01\0\x10\x10\0\0', 'icon'],
  ['\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0', null], // a TGA picture
  ['%PDF-1.7\n', 'pdf'],
  ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'heic'],
  ['\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'video'],
  ['BM\x36\0\0\0\0\0\0\0', 'bmp'],
  ['PK\x03\x04', 'archive'],
  ['hello', null],
  ['\x89PNG', null],
] as const

describe('sniffFormat', () => {
  for (const [file, format] of ACCEPTED) {
    it(`knows ${format}`, () => assert.equal(sniffFormat(pictureBytes(file)), format))
  }

  it('knows an AVIF by a compatible brand', () => {
    const bytes = Buffer.from('\0\0\0\x18ftypmif1\0\0\0\0mif1avif', 'latin1')
    assert.equal(sniffFormat(bytes), 'AVIF')
  })

  for (const [text, format] of REFUSED) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(
        () => sniffFormat(Buffer.from(text, 'latin1')),
        format === null
          ? { code: 'image/unknown-format' }
          : { code: 'image/unsupported-format', params: { format } },
      )
    })
  }

  it('says that a file is empty', () => {
    assert.throws(() => sniffFormat(new Uint8Array()), { code: 'image/empty' })
  })
})
