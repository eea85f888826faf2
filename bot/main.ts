/**
 * The entry of `npm start`. Node's compile cache is stored in node_modules, which saves the next start
 * a quarter of a second; if it cannot be written, there is no cache.
 */

import { enableCompileCache } from 'node:module'
import path from 'node:path'

enableCompileCache(path.join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled'))
// Only modules loaded from here on are cached.
const { run } = await import('./cli.ts')
await run(process.argv.slice(2))
