/** A process that has the model of a package and nothing else: FOLDER. Asks it a picture's questions when told to, for memory.ts. */

import { openModel } from '../../inference/model.ts'
import { askTwice } from './costs.ts'

const model = await openModel(process.argv[2] ?? '')
process.on('message', (what: 'ask' | 'end') => void (what === 'ask' ? answer() : end()))
process.send?.('opened')

async function answer(): Promise<void> {
  await askTwice(model, 1)
  process.send?.('asked')
}

async function end(): Promise<void> {
  await model.close()
  process.disconnect()
}
