/**
 * Runs the Dockerfile's steps in a folder, for machines without Docker: copies what it copies (without
 * what .dockerignore excludes), runs what it runs, then starts the bot as the image
 * would: as another user, with everything but the volumes and /tmp read-only. Without a token it
 * must say what is missing; with one, it joins a loopback Discord outside and is asked for its
 * health. `npm run rehearse:docker` prints each step.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { startSandbox } from 'loopback-discord'
import {
  commandOf,
  inherited,
  isLetThrough,
  lineage,
  readDockerfile,
  type Stage,
} from './dockerfile.ts'
import { freePort } from './databases.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const NOBODY = 65_534
const HEALTHY_WITHIN_MS = 120_000

export type Rehearsal = {
  /** What the bot printed without a token. */
  readonly refusal: string
  /** What it printed once it had joined. */
  readonly joined: string
  readonly health: number
  readonly exit: unknown[]
}

/** @param say is called with each step. @returns what the started bot printed and did. */
export async function rehearse(say: (line: string) => void): Promise<Rehearsal> {
  const stages = readDockerfile(readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8'))
  const last = stages.at(-1)
  if (last === undefined) {
    throw new Error('an empty Dockerfile')
  }
  const outside = path.join(tmpdir(), 'node_modules')
  if (existsSync(outside)) {
    throw new Error(`Delete ${outside}: the rehearsed image would import packages from it.`)
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-image-'))
  chmodSync(folder, 0o755)
  try {
    const needed = needs(stages, last)
    for (const stage of stages.filter((one) => needed.has(one))) {
      build(stages, stage, folder, say)
    }
    return await start(stages, last, folder, say)
  } finally {
    spawnSync('chmod', ['-R', 'u+w', folder])
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The stages that the last one is made from, by FROM or by COPY --from. */
function needs(stages: readonly Stage[], stage: Stage): Set<Stage> {
  const all = new Set(lineage(stages, stage))
  for (const { words } of inherited(stages, stage)) {
    const from = stages.find(({ name }) => name === /--from=(\S+)/.exec(words)?.[1])
    if (from) {
      for (const one of needs(stages, from)) {
        all.add(one)
      }
    }
  }
  return all
}

function build(
  stages: readonly Stage[],
  stage: Stage,
  folder: string,
  say: (line: string) => void,
) {
  const root = path.join(folder, stage.name)
  const parent = stages.find(({ name }) => name === stage.from)
  if (parent) {
    link(path.join(folder, parent.name), root)
  } else {
    mkdirSync(root)
  }
  let workdir = workdirOf(stages, stage)
  for (const { name, words } of stage.instructions) {
    say(`${name} ${words}`)
    if (name === 'WORKDIR') {
      workdir = words
      mkdirSync(path.join(root, workdir), { recursive: true })
    } else if (name === 'COPY') {
      copy(words, path.join(root, workdir), folder)
    } else if (name === 'RUN') {
      run(words, root, path.join(root, workdir))
    }
  }
}

function workdirOf(stages: readonly Stage[], stage: Stage): string {
  const before = lineage(stages, stage)
    .slice(0, -1)
    .flatMap(({ instructions }) => instructions)
  return before.findLast(({ name }) => name === 'WORKDIR')?.words ?? '/'
}

function copy(words: string, workdir: string, folder: string): void {
  const from = /--from=(\S+)/.exec(words)?.[1]
  const paths = words.split(' ').filter((word) => !word.startsWith('--'))
  const target = path.join(workdir, paths.at(-1) ?? '')
  const ignored = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8')
  for (const source of paths.slice(0, -1)) {
    const whole = from === undefined ? path.join(ROOT, source) : path.join(folder, from, source)
    const isFile = paths.at(-1)?.endsWith('/') ?? false
    const to = isFile ? path.join(target, path.basename(source)) : target
    if (from === undefined) {
      const filter = (file: string) => isLetThrough(ignored, path.relative(ROOT, file))
      cpSync(whole, to, { recursive: true, verbatimSymlinks: true, filter })
      if (!existsSync(to)) {
        throw new Error(`.dockerignore keeps ${source} out, which the Dockerfile copies`)
      }
    } else {
      link(whole, to)
    }
  }
}

/** Stages share their files, with owners and modes, instead of copying hundreds of megabytes. */
function link(from: string, to: string): void {
  const done = spawnSync('cp', ['-al', from, to], { encoding: 'utf8' })
  if (done.status !== 0) {
    throw new Error(`cp failed: ${done.stderr}`)
  }
}

/** Absolute paths lead into the stage; the image's user is one that exists here. */
function run(words: string, root: string, workdir: string): void {
  const user = process.getuid?.() === 0 ? `${NOBODY}:${NOBODY}` : `${process.getuid?.()}`
  const script = words.replaceAll(/(?<=\s)\/(?=[a-z])/g, `${root}/`).replaceAll('node:node', user)
  const env = { ...process.env, npm_config_prefer_offline: 'true', NODE_ENV: '' }
  const done = spawnSync('sh', ['-ec', script], { cwd: workdir, env, encoding: 'utf8' })
  if (done.status !== 0) {
    throw new Error(`RUN ${words} failed:\n${done.stdout}${done.stderr}`)
  }
}

async function start(
  stages: readonly Stage[],
  stage: Stage,
  folder: string,
  say: (line: string) => void,
): Promise<Rehearsal> {
  const all = inherited(stages, stage)
  const words = (name: string) => all.findLast((one) => one.name === name)?.words ?? ''
  const root = path.join(folder, stage.name)
  const cwd = path.join(root, words('WORKDIR'))
  const isRoot = process.getuid?.() === 0
  const options = {
    cwd,
    env: {
      ...environment(all, root),
      SIGHTSEER_OPERATIONS_PORT: String(await freePort()),
    },
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  }
  makeReadOnly(cwd)
  const [, ...command] = commandOf(words('CMD'))
  const refused = spawnSync(process.execPath, command, { ...options, encoding: 'utf8' })
  const refusal = `${refused.stdout}${refused.stderr}`.trim()
  say(`CMD ${command.join(' ')}, without a token: ${refusal}`)
  const sandbox = await startSandbox()
  const env = { ...options.env, DISCORD_TOKEN: sandbox.token, DISCORD_API: sandbox.api }
  const bot = spawn(process.execPath, command, {
    ...options,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  say(`CMD ${command.join(' ')}`)
  const exited = once(bot, 'exit')
  try {
    const joined = printed(bot, 'Joined Discord')
    const [, ...check] = commandOf(words('HEALTHCHECK'))
    const healthy = async () => {
      const givenUp = Date.now() + HEALTHY_WITHIN_MS
      let status: number | null
      do {
        status = spawnSync(process.execPath, check, { ...options, stdio: 'ignore' }).status
      } while (
        status !== 0 &&
        Date.now() < givenUp &&
        bot.exitCode === null &&
        (await wait(200, true))
      )
      return status ?? 1
    }
    const health = await healthy()
    say(`HEALTHCHECK ${check.join(' ')}: ${health}`)
    return { refusal, joined: await joined, health, exit: await ended(bot, exited) }
  } finally {
    bot.kill('SIGKILL')
    await exited
    await sandbox.close()
  }
}

async function ended(bot: ChildProcess, exited: Promise<unknown[]>): Promise<unknown[]> {
  bot.kill('SIGTERM')
  return exited
}

/** The image's environment variables, none of this machine's. */
function environment(all: readonly { name: string; words: string }[], root: string) {
  const set = all.filter(({ name }) => name === 'ENV').flatMap(({ words }) => words.split(' '))
  const pairs = set
    .map((pair) => pair.split('='))
    .map(([name = '', value = '']) => {
      return [name, value.replace(/^(sqlite:)?\//, (_, scheme = '') => `${scheme}${root}/`)]
    })
  return Object.fromEntries([...pairs, ['PATH', '/usr/bin:/bin'], ['HOME', '/nonexistent']])
}

/** The first line with this prefix. */
async function printed(bot: ChildProcess, beginning: string): Promise<string> {
  for await (const line of createInterface({ input: bot.stdout! })) {
    if (line.startsWith(beginning)) {
      return line
    }
  }
  throw new Error(`the bot ended without printing ${beginning}`)
}

function makeReadOnly(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const whole = path.join(entry.parentPath, entry.name)
    if (entry.isSymbolicLink()) {
      if (process.getuid?.() === 0) {
        lchownSync(whole, 0, 0)
      }
    } else {
      chmodSync(whole, entry.isDirectory() ? 0o555 : 0o444)
    }
  }
  chmodSync(folder, 0o555)
}

if (import.meta.main) {
  const { health, exit } = await rehearse((line) => process.stdout.write(`${line}\n`))
  process.stdout.write(`exit ${exit.join(' ')}\n`)
  process.exitCode = health === 0 && exit[0] === 0 ? 0 : 1
}
