/** Prints the speed of a device that `PROVIDER=auto` considers; runs in a process of its own. */

import { gflops, SIDE } from '../provider.ts'

const device = process.argv[2]
if (device !== 'cuda' && device !== 'webgpu') {
  throw new RangeError(`expected a device, not ${device}`)
}
process.stdout.write(`\n${await gflops(device, SIDE)}\n`)
