/** A download into a folder of its own for every test, from a hub that a test starts. */

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach } from 'node:test'
import { downloadCheckpoint } from '../../inference/download/download.ts'
import { createHttpClient, type HttpClient } from '../../inference/download/http.ts'
import { readRepository } from '../../inference/download/hub.ts'
import { FILES, SHARDS } from './hub-files.ts'
import {
  REPOSITORY,
  startHub,
  type Fault,
  type FileRequest,
  type HubOptions,
  type HubServer,
} from './hub-server.ts'

const TIMEOUTS = { connectMs: 1000, headersMs: 150, idleMs: 150 }

export let folder: string
export let hub: HubServer | undefined
let client: HttpClient
export let notes: string[]
export let pauses: number[]

/** Call it once per test file. */
export function giveEachTestADownload(): void {
  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'sightseer-')), 'download')
    client = createHttpClient(undefined, TIMEOUTS)
    notes = []
    pauses = []
  })
  afterEach(async () => {
    await client.dispatcher.destroy()
    await stopHub()
    await rm(path.dirname(folder), { recursive: true, force: true })
  })
}

/** The next download starts another hub. */
export async function stopHub() {
  await hub?.close()
  hub = undefined
}

/** Downloads as the owner of a token. */
export async function useToken(token: string) {
  await client.dispatcher.destroy()
  client = createHttpClient(token, TIMEOUTS)
}

export async function download(
  options: Partial<HubOptions>,
  signal: AbortSignal = new AbortController().signal,
  beforeWeights: Parameters<typeof downloadCheckpoint>[0]['beforeWeights'] = async () => {},
) {
  hub ??= await startHub({ files: FILES, ...options })
  const retry = { signal, wait: async (pauseMs: number) => pauses.push(pauseMs) }
  const settings = { endpoint: hub.endpoint, client }
  const repository = await readRepository(settings, REPOSITORY, 'main', retry)
  return downloadCheckpoint({
    hub: settings,
    repository,
    folder,
    retry,
    onProgress: () => {},
    onNote: (text) => notes.push(text),
    beforeWeights,
  })
}

/** A fault for the first requests of the first shard at the storage. */
export function firstShard(...faults: readonly Fault[]) {
  return {
    fault: ({ name, nth, server }: FileRequest) =>
      name === SHARDS[0] && server === 'storage' ? faults[nth - 1] : undefined,
  }
}

export async function assertWhole(files = FILES) {
  const expected = [...files.keys()].filter((name) => !/\.bin$|^\.git/.test(name))
  assert.deepEqual((await readdir(folder)).sort(), expected.sort())
  for (const name of expected) {
    assert.ok((await readFile(path.join(folder, name))).equals(files.get(name)!), name)
  }
}

/** Another entity tag at each request, as if the file had changed. */
export function versionOf({ nth }: FileRequest) {
  return `"version-${nth}"`
}

export function shardRequests() {
  return hub!.requests.filter(({ name, server }) => name === SHARDS[0] && server === 'storage')
}
