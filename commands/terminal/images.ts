/** The pictures of a command: files, or `-` for standard input. */

import { constants, createReadStream, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import path from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { InputError } from '../../config/errors.ts'
import { DEFAULT_LIMITS } from '../../inference/image/limits.ts'
import { sentenceOf } from '../i18n/catalog.ts'
import { EN } from '../i18n/en.ts'
import { DONE, FAILED, printError } from './run.ts'
import type { Session } from './session.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * Does the work of a command for each picture in turn. Says what is wrong with one and goes on: the
 * others may be good.
 *
 * @returns the exit status.
 */
export async function eachImage(
  images: readonly string[],
  work: (image: string) => Promise<void>,
): Promise<number> {
  let status = DONE
  for (const image of images) {
    try {
      await work(image)
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error
      }
      printError(`${image}: ${sentenceOf(error, EN)}`)
      status = FAILED
    }
  }
  return status
}

/**
 * Reads an image file.
 *
 * @param name a path, or `-` for standard input.
 * @throws {InputError} if the file is missing, cannot be read or is larger than the limit.
 * @throws the signal's reason once it is aborted, also while nothing comes.
 */
export async function readImage(
  name: string,
  { folder, config, signal }: Pick<Session, 'folder' | 'config' | 'signal'>,
): Promise<Uint8Array> {
  const maxBytes = config.imageLimits.maxBytes ?? DEFAULT_LIMITS.maxBytes
  signal.throwIfAborted()
  if (name === '-') {
    return readAll(process.stdin, maxBytes, signal)
  }
  const file = path.resolve(folder, name)
  const entry = await stat(file).catch(unreadable)
  if (entry.isDirectory()) {
    throw new InputError('file/folder')
  }
  return readAll(entry.isFIFO() ? pipeOf(file) : fileOf(file), maxBytes, signal).catch(unreadable)
}

function fileOf(file: string): Readable {
  return createReadStream(file, { highWaterMark: CHUNK_BYTES })
}

/** A named pipe, opened without waiting for its writer: nothing could end that. */
function pipeOf(file: string): Readable {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

/** Reads to the end. @throws {InputError} if there are more than `maxBytes`. */
async function readAll(
  stream: Readable,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  addAbortSignal(signal, stream)
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk)
      chunks.push(bytes)
      length += bytes.length
      if (length > maxBytes) {
        throw new InputError('file/too-large', { maxBytes })
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  return Buffer.concat(chunks)
}

/** Only what the system says has a code; all else passes. */
function unreadable(cause: NodeJS.ErrnoException): never {
  throw cause instanceof InputError || cause.code === undefined ? cause : whyUnreadable(cause)
}

function whyUnreadable(cause: NodeJS.ErrnoException): InputError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new InputError('file/missing', null, { cause })
    case 'EACCES':
    case 'EPERM':
      return new InputError('file/forbidden', null, { cause })
    default:
      return new InputError('file/unreadable', { reason: cause.message }, { cause })
  }
}
