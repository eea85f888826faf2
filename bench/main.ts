/** `npm run bench -- WHAT`: one command per question; see HELP. */

import { ConfigError } from '../config/errors.ts'
import { runCapacityBench } from './full-size/capacity.ts'
import { runCheckBench } from './quality/check.ts'
import { runDemoBench } from './hands/demo.ts'
import { runDomainBench } from './quality/domain.ts'
import { runDescribeBench } from './full-size/describe.ts'
import { runFindBench } from './find/find.ts'
import { runFleetBench } from './fleet/fleet.ts'
import { runFollowUpBench } from './full-size/follow-up.ts'
import { runGpuBench } from './gpu/gpu.ts'
import { runKillsBench } from './soak/kills.ts'
import { runLimitsBench } from './full-size/limits.ts'
import { runMemoryBench } from './full-size/memory.ts'
import { runModerationBench } from './moderation/moderation.ts'
import { runParityBench } from './quality/parity.ts'
import { runRetrievalBench } from './quality/retrieval.ts'
import { runPicturesBench } from './pictures/pictures.ts'
import { runPrefillBench } from './chat-models/prefill.ts'
import { runPullBench } from './full-size/pull.ts'
import { runSandboxBench } from './sandbox-load/sandbox-load.ts'
import { runServeBench } from './serve/serve.ts'
import { runSoakBench } from './soak/soak.ts'
import { runReadBench } from './reading/reading.ts'
import { runStartBench } from './full-size/start.ts'
import { runStoreBench } from './store/store.ts'
import { runThreeBridgesBench } from './bridges/three-bridges.ts'
import { runThroughputBench } from './full-size/throughput.ts'
import { runVisionBench } from './full-size/vision.ts'
import { updatePublished } from './report/results.ts'

const HELP = `npm run bench -- WHAT [options]

With the demo model, the small checkpoints, or no model at all:
  demo        accuracy of the demo model on pictures that somebody else drew: captions, questions
              by kind, pictures that are no drawings, printed words, two pictures, rules, and int8
              against fp32
                --model DIR|NAME     default demo; several times: also a table with a column for each,
                                     which --update puts into training/report/REPORT.md
                --renderer NAME      only canvas, plots, svg or others
                --limit N            only the first N pictures of each renderer
                --wrong              also lists every wrong caption and answer
                --json               prints JSON instead of the table
  domain      how well the demo model, with its matcher, or another that has a domain, tells
              photographs, text and the like from drawings of shapes
                --model DIR|NAME     default demo
                --calibrate          first calibrates the model: writes the limits on its card and
                                     on that of its matcher, if that has the same vision tower
  check       ratios of the demo model against bench/baseline.json, in seconds; exits 1 if
              one fell by more than a third
                --update             writes the baseline
  find        a search of /find among 100,000 pictures of an encrypted store: processor time of each
              stage, without the model
                --pictures N         default 100000
                --rows N, --width N  vectors of a picture, and their width; default 32 and 256
                --store URL          an empty store; default an SQLite in memory
  fleet       what a queue between bots and workers costs beside the thread, answers a second with 1, 2
              and 4 workers, and simulated waits for up to 64 with the rates of throughput; needs Redis
                --requests N         default 200
                --only simulation    measures nothing
                --only overhead      beside the thread alone, with --model NAME|DIR (default demo)
                --only chaos         three bots with a shard each, three workers and Redis, all through
                                     the loopback Discord, while workers are killed, hang and are slow
                                     and Redis restarts: is each interaction answered once, or told why
                --interactions N     of chaos; default 3000
                --rate N             interactions a second; default 5
                --every N            seconds between two troubles; default 6
  gpu         a model on the GPU of this machine: time of a description, descriptions a minute of 1, 4
              and 16 people; says so where there is none, and measures nothing
                --model NAME|DIR     a package in fp16 or fp32; default demo
  kills       the bot is killed at random moments while people use it: is every accepted request
              answered or told, once; half an hour
                --kills N            default 200
                --rate N             requests a second; default 3
                --store URL          an empty store; default a new SQLite file
  moderation  a replay of 3,000 messages with scam waves in each mode: hits, false alarms and time
              per picture; other words on one template; pictures read a second while people are
              answered; and the demo model's questions as rules; needs a font; half an hour
                --only PARTS         rules, reading, look-alikes, replay; the others keep their results
  parity      distance from transformers at every seam of the small checkpoints
  pictures    small files that are costly to decode: how long others wait beside them, how soon a
              cancelled one ends, processor time and memory
                --model DIR|NAME     default demo
  read        character error rate and time of the text reader on 300 drawn pictures, beside
              tesseract.js and PP-OCRv4, which are installed into a folder first; needs Chromium
                --alone              only our reader
                --limit N            only the first N pictures
                --wrong              also lists every page with errors
                --work DIR           kept for the next run; default sightseer-reading in the
                                     system's temporary folder
  retrieval   how well the demo's matcher finds pictures that somebody else drew by words, and words by
              pictures; what /find shows; and what it loses by comparing the means of vectors first
                --model DIR|NAME     default demo-match
                --more DIR           up to 1,000 pictures with those that the programs of
                                     bench/hands drew into DIR
  sandbox     the loopback Discord under load: members use a command, discord.js answers;
              the server's own time, its memory, and how long it takes to start
                --members N          default 200
                --rate N             uses a second; default 50
                --seconds N          default 60
  store       commands that read or change many records (/privacy, histories, statistics, hash lists)
              among 40,000 of an encrypted store, on SQLite, Redis and Postgres: time, and the longest
              work of the main thread; minutes
  serve       the overhead of npm run serve against a thread of the process, asked in turn: time of a
              question and of a new picture, p50 and p99, and tokens a second of eight people
                --model NAME|DIR     default demo
                --rounds N           default 40
                --threads N          threads of each model; default 1
  soak        a long run of the whole bot with faults: is everybody answered once, in time, and
              does its memory stay flat
                --interactions N     default 2000
                --members N          default 200
                --channels N         default 20
                --rate N             interactions a second; default 5
  three-bridges   what three kinds of bridge between the same ends learn, from the rows that python -m
              training.compare wrote, and what they cost in the engine; writes a page with
              pictures, and which claims held
                --rows DIR           default training/run/compare; again for each run with other ends
                --packages DIR       has the packages qformer, projector and cross-attention, whose cost
                                     is measured
                --rounds N           default 20
                --publish            writes the page to docs/three-bridges.md, its pictures beside it

With a blip2-opt-2.7b of random weights, generated first:
  describe    picture to 21 tokens by stage, beside transformers on PyTorch; its steps beside CTranslate2
                --python COMMAND     a Python with transformers and torch; default python3
                --no-reference       only our side
                --dtypes LIST        bfloat16,float32
  follow-up   first token of later questions: with the caches, recomputed, and by transformers
                --python COMMAND, --no-reference
  throughput  1 to 16 people at once
                --people LIST        default 1,2,4,8,16
  limits      how close decoding, vision and prefill come to the machine's limits
  memory      resident memory and its peak by stage, as converted and prepared; two bots on one host
  vision      the vision tower in each precision
                --model NAME         as of describe; default blip2-opt-2.7b
  start       time to ready, and memory, of a package as converted and prepared
  pull        conversion rate and memory
                --dtype F32|F16      of the checkpoint; default F32, 15 GB
  prefill     prompts and steps of a chat model's decoder with its weights in blocks of 4 bits, in blocks
              of 8, and in W8A8; it has random weights of its own
                --model NAME         default smolvlm2-500m; smolvlm2-256m, llava-onevision-0.5b
                --positions LIST     default 64,900
  capacity    guilds a machine serves, from the results of throughput
                --per-day N --peak N --use SHARE    the assumptions
                --publish            writes the page docs/capacity.md, also from those of fleet
  all of these but capacity take
                --work DIR           where about 40 GB are free, kept for the next run; default
                                     sightseer-full-size in the system's temporary folder
                --rounds N           default 5; throughput and pull at most 3, memory 2
  describe also
                --model NAME         whose shapes: blip2-opt-2.7b (default), blip2-flan-t5-xl, or
                                     smolvlm2-256m, smolvlm2-500m, llava-onevision-0.5b: picture to 50
                                     tokens with one tile and with 13, and memory
                --details low,high   of these three: one tile, 13 tiles
                --profile            of these three: only our side, by stage, and by kind of operator
                                     from ONNX Runtime's profiler; writes profile-NAME.json
                --llama-cpp DIR      of a SmolVLM2: llama.cpp's source, with build/bin, to compare with too;
                                     its converter needs sentencepiece in the Python
  describe and throughput also
                --provider NAME      cpu (default), webgpu, cuda or auto
                --precision NAME     of the package; default int4

Each prints a table and writes JSON and a chart under bench/results/own/, which git ignores; with
--update under bench/results/, whose figures the documents state.
`

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  capacity: runCapacityBench,
  check: runCheckBench,
  demo: runDemoBench,
  describe: runDescribeBench,
  domain: runDomainBench,
  find: runFindBench,
  fleet: runFleetBench,
  gpu: runGpuBench,
  'follow-up': runFollowUpBench,
  kills: runKillsBench,
  limits: runLimitsBench,
  memory: runMemoryBench,
  moderation: runModerationBench,
  parity: runParityBench,
  pictures: runPicturesBench,
  prefill: runPrefillBench,
  pull: runPullBench,
  read: runReadBench,
  retrieval: runRetrievalBench,
  sandbox: runSandboxBench,
  serve: runServeBench,
  soak: runSoakBench,
  start: runStartBench,
  store: runStoreBench,
  'three-bridges': runThreeBridgesBench,
  throughput: runThroughputBench,
  vision: runVisionBench,
}

const [what = '', ...args] = process.argv.slice(2)
const bench = BENCHES[what]
if ([what, ...args].some((arg) => arg === '--help' || arg === '-h')) {
  process.stdout.write(HELP)
} else if (bench === undefined) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else {
  // `check` has a baseline of its own, and no results.
  const isUpdate = what !== 'check' && args.includes('--update')
  if (isUpdate) {
    updatePublished()
  }
  try {
    await bench(isUpdate ? args.filter((arg) => arg !== '--update') : args)
  } catch (error) {
    const problem = problemWithOptions(error)
    if (problem === null) {
      throw error
    }
    process.stderr.write(`${problem}\nnpm run bench -- --help lists the options.\n`)
    process.exitCode = 2
  }
}

/** What the reader can mend, in sentences; null for any other error. */
function problemWithOptions(error: unknown): string | null {
  if (error instanceof ConfigError) {
    return error.problems.join('\n')
  }
  const isAbout =
    error instanceof TypeError &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS_')
  // What Node says after the first sentence is about arguments that begin with a dash.
  return isAbout ? `${error.message.split('. ')[0]}.` : null
}
