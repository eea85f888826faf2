/** Parses a Dockerfile into stages; supports the instructions that ours uses. */

import path from 'node:path'

export type Instruction = { readonly name: string; readonly words: string }
export type Stage = {
  readonly from: string
  readonly name: string
  readonly instructions: readonly Instruction[]
}

/** @throws if a line is not an instruction of Docker. */
export function readDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const stages: { from: string; name: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', words = ''] = /^([A-Z]+)\s+(.+)$/.exec(line.trim()) ?? []
    if (!KNOWN.has(name)) {
      throw new Error(`no instruction: ${line}`)
    }
    if (name === 'FROM') {
      const [from = '', , stage = String(stages.length)] = words.split(/\s+/)
      stages.push({ from, name: stage, instructions: [] })
    } else {
      stages.at(-1)?.instructions.push({ name, words: words.replaceAll(/\s+/g, ' ') })
    }
  }
  return stages
}

const KNOWN = new Set(
  'FROM RUN COPY ADD ENV ARG WORKDIR USER VOLUME EXPOSE CMD ENTRYPOINT HEALTHCHECK LABEL'.split(
    ' ',
  ),
)

/** A stage and the stages it is built from, the base first. */
export function lineage(stages: readonly Stage[], stage: Stage): Stage[] {
  const parent = stages.find(({ name }) => name === stage.from)
  return parent ? [...lineage(stages, parent), stage] : [stage]
}

/** The instructions of a stage, inherited ones included. */
export function inherited(stages: readonly Stage[], stage: Stage): Instruction[] {
  return lineage(stages, stage).flatMap(({ instructions }) => instructions)
}

/** The command of a CMD in its JSON form, also that of a HEALTHCHECK. */
export function commandOf(words: string): string[] {
  const list: unknown = JSON.parse(words.slice(words.indexOf('[')))
  if (!Array.isArray(list) || !list.every((word) => typeof word === 'string')) {
    throw new Error(`no list of words: ${words}`)
  }
  return list
}

/**
 * Whether .dockerignore lets a file or folder through, or something in it. Ours excludes everything but the names
 * after a `!`, then some endings.
 *
 * @param ignored the text of .dockerignore. @param file relative to the root.
 */
export function isLetThrough(ignored: string, file: string): boolean {
  const lines = ignored.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const parts = file.split('/')
  const isNamed = (pattern: string) => {
    const names = pattern.split('/')
    return parts.every((part, i) => i >= names.length || path.matchesGlob(part, names[i]!))
  }
  const [all, ...rest] = lines
  const ends = rest.filter((line) => !line.startsWith('!')).map((line) => line.replace('**/*', ''))
  return (
    all === '*' &&
    rest.some((line) => line.startsWith('!') && isNamed(line.slice(1))) &&
    !ends.some((end) => file.endsWith(end))
  )
}
