/**
 * Shows the progress of a long task: a bar on a terminal, otherwise a line every ten seconds.
 *
 * Rates are measured over the last seconds, so that a resumed download does not count the bytes of
 * earlier attempts.
 */

/** How often the bar is redrawn. */
const REDRAW_MS = 100
/** How often a line is written if the output is not a terminal. */
const LINE_MS = 10_000
/** Time span over which the rate is measured. */
const RATE_WINDOW_MS = 10_000
/** The rate is shown after this time. */
const MIN_RATE_SPAN_MS = 500
const MAX_BAR_COLUMNS = 24
const MIN_BAR_COLUMNS = 6
const DEFAULT_COLUMNS = 80

/** Where the bar is written: `process.stderr`; tests use another one. */
export type ProgressOutput = {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export type ProgressStep = {
  /** What is done in this step. A new label restarts the rate. */
  readonly label: string
  /** In bytes. */
  readonly done: number
  readonly total: number
}

export type Progress = {
  /** Sets the progress. It is drawn at most ten times per second. */
  update(step: ProgressStep): void
  /** Writes a line of text without disturbing the bar. */
  note(text: string): void
  /** Removes the bar. */
  finish(): void
}

type Sample = { readonly at: number; readonly done: number }

/** Creates a progress display. @param now the clock in milliseconds; tests set their own. */
export function createProgress(
  output: ProgressOutput,
  now: () => number = () => performance.now(),
): Progress {
  const terminal = output.isTTY === true
  let label: string | null = null
  let samples: Sample[] = []
  let drawnAt = Number.NEGATIVE_INFINITY
  let drawnDone = -1
  let isVisible = false

  const clear = () => {
    if (isVisible) {
      output.write('\r\u001B[K')
      isVisible = false
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
        const columns = output.columns || DEFAULT_COLUMNS // some terminals report 0
        output.write(`\r\u001B[K${withBar(step, samples, columns - 1)}`)
        isVisible = true
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

/** Adds a sample, and drops samples before the window and all but one per redraw. */
function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const recent = samples.filter((old) => sample.at - old.at <= RATE_WINDOW_MS)
  const previous = recent.at(-2)
  if (previous !== undefined && sample.at - previous.at < REDRAW_MS) {
    recent.pop()
  }
  recent.push(sample)
  return recent
}

/** One line of at most `columns`. The bar fills the space that the text leaves. */
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

/** @returns bytes per second over the window; null if the time span is too short. */
function rateOf(samples: readonly Sample[]): number | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < MIN_RATE_SPAN_MS) {
    return null
  }
  return ((last.done - first.done) / (last.at - first.at)) * 1000
}

/** Formats a number of bytes in powers of 1000: `950 B`, `12.3 MB`. */
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

/** Formats seconds: `8 s`, `3 min 20 s`, `2 h 05 min`. */
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
