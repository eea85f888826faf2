/** Makes sentences of the operating system's errors about files. */

import { ConfigError } from '../../config/errors.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const READ_ONLY = new Set(['EACCES', 'EROFS', 'EPERM'])
const SENTENCES: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder where a file is needed',
  EEXIST: 'is a file where a folder is needed',
  ENOTDIR: 'has a file in its path where a folder is needed',
  ENOENT: 'is not there, or disappeared while it was used',
  ELOOP: 'is a symbolic link that cannot be followed here',
  EIO: 'cannot be read or written: the disk reports an error',
  EMFILE: 'cannot be opened: this process has too many open files',
  ENAMETOOLONG: 'has too long a name',
}

/**
 * Turns an error of a file into a ConfigError; returns others as they are.
 *
 * @param folder that is written to, for errors that name no file.
 */
export function fileProblem(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return error
  }
  const { code } = error
  if (FULL.has(code)) {
    const problem = `The disk of ${folder} is full. Free some space and run the same command again: a download resumes where it stopped.`
    return new ConfigError([problem], { cause: error })
  }
  const file = 'path' in error && typeof error.path === 'string' ? error.path : folder
  if (READ_ONLY.has(code)) {
    return new ConfigError([`${file} cannot be written to or read (${code}).`], { cause: error })
  }
  const sentence = SENTENCES[code]
  return sentence === undefined
    ? error
    : new ConfigError([`${file} ${sentence}.`], { cause: error })
}
