/** A separate process that adds turns to a record: `node store-writer.ts URL NAME COUNT`. */

import { pino } from 'pino'
import { openStore } from '../../bot/store/store.ts'
import { TURNS } from './store-kinds.ts'

const [url = '', name = '', count = ''] = process.argv.slice(2)
const store = await openStore({ url, log: pino({ level: 'silent' }) })
const turns = store.collection(TURNS)
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve)) // so that both write at once
for (let i = 0; i < Number(count); i++) {
  await turns.update('shared', (said = []) => [...said, `${name}${i}`])
}
await store.close()
process.stdin.destroy()
