/** The HTTP API over a model, on a free port. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { createApp } from '../../commands/serve/app.ts'
import type { Api } from '../../commands/serve/context.ts'
import { type ApiKey, Clients } from '../../commands/serve/keys.ts'
import { listen } from '../../commands/serve/listen.ts'
import { createServeMetrics } from '../../commands/serve/serve-metrics.ts'
import type { Model } from '../../inference/contract/types.ts'

type Options = Partial<Pick<Api, 'maxBytes' | 'timeoutMs'>> & { readonly keys?: readonly ApiKey[] }

export type Served = { readonly url: string; close(): Promise<void>; kill(): Promise<void> }

/** @returns its address, with `/v1`; closing leaves the model open. */
export async function serveModel(
  model: Model,
  { keys = [], maxBytes = 2 ** 20, timeoutMs = 60_000 }: Options = {},
): Promise<Served> {
  const app = createApp({
    model,
    log: pino({ level: 'silent' }),
    clients: new Clients(keys),
    metrics: createServeMetrics(model),
    maxBytes,
    timeoutMs,
  })
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  return {
    url: `${listening.url}/v1`,
    close: () => listening.close(),
    kill: () => listening.kill(),
  }
}

const ROOT = path.join(import.meta.dirname, '..', '..')

/** A file of the repository as a data URI. */
export function dataUri(file: string, type = 'image/png'): string {
  return `data:${type};base64,${readFileSync(path.join(ROOT, file)).toString('base64')}`
}
