/**
 * Shows how far a long job is: a bar on a terminal, a line now and then elsewhere.
 *
 * It only formats and writes; the caller says what is done. Rates are taken over the last seconds,
 * so that a resumed download does not claim the speed of bytes that were there already.
 */

/** How often the bar is drawn anew. */
const REDRAW_MS = 100
/** How often a line is written where there is no terminal. */
const LINE_MS = 10_000
/** Span over which the rate is taken. */
const RATE_WINDOW_MS = 10_000
/** Time left is said only once the rate has been seen this long. */
const MIN_RATE_SPAN_MS = 500
const MAX_BAR_COLUMNS = 24
const MIN_BAR_COLUMNS = 6
const DEFAULT_COLUMNS = 80

/** What the bar writes to: `process.stderr`, or a stand-in. */
export type ProgressOutput = {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export type ProgressStep = {
  /** What is being done; a change of it starts the rate anew. */
  readonly label: string
  /** In bytes. */
  readonly done: number
  readonly total: number
}

export type Progress = {
  /** Says how far it is; drawn at most ten times a second. */
  update(step: ProgressStep): void
  /** Writes a line of text without disturbing the bar. */
  note(text: string): void
  /** Takes the bar away. */
  finish(): void
}

type Sample = { readonly at: number; readonly done: number }

/** Starts a progress display. @param now the clock in milliseconds; only tests give their own. */
export function createProgress(
  output: ProgressOutput,
  now: () => number = () => performance.now(),
): Progress {
  const terminal = output.isTTY === true
  let label: string | null = null
  let samples: Sample[] = []
  let drawnAt = Number.NEGATIVE_INFINITY
  let drawnDone = -1
  let shown = false

  const clear = () => {
    if (shown) {
      output.write('\r\u001B[K')
      shown = false
    }
  }
  return {
    update(step) {
      const at = now()
      const last = samples.at(-1)
      if (step.label !== label || (last !== undefined && step.done < last.done)) {
        if (step.label !== label) {
          drawnAt = Number.NEGATIVE_INFINITY
        }
        label = step.label
        samples = []
      }
      samples = withSample(samples, { at, done: step.done })
      const finished = step.done >= step.total && drawnDone < step.total
      if (at - drawnAt < (terminal ? REDRAW_MS : LINE_MS) && !finished) {
        return
      }
      drawnAt = at
      drawnDone = step.done
      if (terminal) {
        const columns = output.columns || DEFAULT_COLUMNS // 0 where a terminal does not know
        output.write(`\r\u001B[K${withBar(step, samples, columns - 1)}`)
        shown = true
      } else {
        output.write(`${step.label} ${describeProgress(step, samples)}\n`)
      }
    },
    note(text) {
      clear()
      output.write(`${text}\n`)
      drawnAt = Number.NEGATIVE_INFINITY
    },
    finish: clear,
  }
}

/** Keeps what the rate needs: the last window, and not more than a sample per redraw. */
function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const kept = samples.filter((old) => sample.at - old.at <= RATE_WINDOW_MS)
  const previous = kept.at(-2)
  if (previous !== undefined && sample.at - previous.at < REDRAW_MS) {
    kept.pop()
  }
  kept.push(sample)
  return kept
}

/** One line of at most so many columns; the bar takes what the words leave. */
function withBar(step: ProgressStep, samples: readonly Sample[], columns: number): string {
  const words = describeProgress(step, samples)
  const free = columns - step.label.length - words.length - '[] '.length - 1
  const width = Math.min(free, MAX_BAR_COLUMNS)
  if (width < MIN_BAR_COLUMNS) {
    return `${step.label} ${words}`.slice(0, columns)
  }
  const filled = Math.floor(fractionOf(step) * width)
  return `${step.label} [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${words}`
}

function describeProgress(step: ProgressStep, samples: readonly Sample[]): string {
  const { done, total } = step
  const percent = `${Math.floor(fractionOf(step) * 100)}%`
  const parts = [percent, `${formatBytes(done)} of ${formatBytes(total)}`]
  const rate = rateOf(samples)
  if (rate !== null && rate > 0) {
    parts.push(`${formatBytes(rate)}/s`)
    if (done < total) {
      parts.push(`${formatDuration((total - done) / rate)} left`)
    }
  }
  return parts.join('  ')
}

function fractionOf({ done, total }: ProgressStep): number {
  return total > 0 ? Math.min(done / total, 1) : 0
}

/** @returns bytes per second over the window, or null when it is too short to say. */
function rateOf(samples: readonly Sample[]): number | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < MIN_RATE_SPAN_MS) {
    return null
  }
  return ((last.done - first.done) / (last.at - first.at)) * 1000
}

/** A number of bytes for a person, in powers of 1000: `950 B`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  if (bytes < 1000) {
    return `${Math.round(bytes)} B`
  }
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** Seconds for a person: `8 s`, `3 min 20 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes === 0) {
    return `${whole} s`
  }
  if (minutes < 60) {
    return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  }
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}
