/** Exits with 0 if the bot on this machine is alive, otherwise with 1; for a container's health check. */

import { request } from 'undici'
import { readConfig } from '../../config/config.ts'

const TIMEOUT_MS = 4000

const { operations } = readConfig(process.env)
if (operations === undefined) {
  process.stderr.write('SIGHTSEER_OPERATIONS_PORT is not set, so the bot cannot be checked.\n')
  process.exitCode = 1
} else {
  const { host, port } = operations
  const here = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const address = `http://${here.includes(':') ? `[${here}]` : here}:${port}/livez`
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const { statusCode, body } = await request(address, { signal })
    await body.dump()
    process.exitCode = statusCode === 200 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${address} does not answer: ${String(error)}\n`)
    process.exitCode = 1
  }
}
