/** `npm run bench -- WHAT`: one command a question; see HELP. */

import { runDemoBench } from './demo.ts'
import { runFullSizeBench } from './full-size.ts'
import { runParityBench } from './parity.ts'
import { runSandboxBench } from './sandbox-load.ts'

const HELP = `npm run bench -- WHAT [options]

  demo        accuracy of the demo model: unseen scenes of both renderers, by category,
              with and without history, with the wrong picture and with none
                --model DIR|NAME     default demo
                --limit N            only the first N scenes
  parity      distance from transformers at every seam of the small checkpoints
  full-size   a synthetic blip2-opt-2.7b (random weights, made on the spot): conversion
              rate, peak memory, and time of one description by stage
                --precision fp16|int8|int4   default int4
                --work DIR           where about 20 GB are free; default the system's temporary folder
  sandbox     the loopback Discord under load: members use a command, discord.js answers;
              the server's own time, its memory, and how long it takes to start
                --members N   default 200
                --rate N      uses a second; default 50
                --seconds N   default 60

Each prints a table and writes JSON under bench/results/.
`

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  demo: runDemoBench,
  'full-size': runFullSizeBench,
  parity: runParityBench,
  sandbox: runSandboxBench,
}

const [what = '', ...args] = process.argv.slice(2)
const bench = BENCHES[what]
if (what === '--help' || what === '-h') {
  process.stdout.write(HELP)
} else if (bench === undefined) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else {
  await bench(args)
}
