/**
 * The entry of `npm start`. Node's compile cache is stored in node_modules, which saves the next start
 * a quarter of a second, and each thread and process that it starts 0.15 s; if it cannot be written,
 * there is no cache.
 */

import { enableCompileCache } from 'node:module'
import path from 'node:path'

const COMPILED = path.join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled')

process.env['NODE_COMPILE_CACHE'] ??= COMPILED // threads and processes get it from here
enableCompileCache(process.env['NODE_COMPILE_CACHE'])
// Only modules loaded from here on are cached.
const { run } = await import('./cli.ts')
await run(process.argv.slice(2))
