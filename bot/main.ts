/**
 * What `npm start` runs. Keeps what the engine compiles beside the packages it is from, which spares
 * the next start a quarter of a second; where that cannot be written, nothing is kept.
 */

import { enableCompileCache } from 'node:module'
import path from 'node:path'

enableCompileCache(path.join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled'))
// Only what is loaded from here on is kept.
const { run } = await import('./cli.ts')
await run(process.argv.slice(2))
