/** What ONNX Runtime's profiler tells of the runs of a session: how long each took, by kind of operator. */

/** An entry of the profiler's file that the sums are made of. */
export type ProfileEvent = {
  /** `Session` for a run, `Node` for an operator in one. */
  readonly cat: string
  readonly name: string
  /** In microseconds, from the start of the session. */
  readonly ts: number
  /** In microseconds. */
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

/** All operators of a kind. */
export type OperatorTime = {
  readonly operator: string
  readonly ms: number
  readonly calls: number
}

export type ProfiledRun = {
  /** By the clock. */
  readonly ms: number
  /** In no order. */
  readonly operators: readonly OperatorTime[]
}

const RUN = 'model_run'
const KERNEL = '_kernel_time'

/** @returns the runs of a session, in order. Operators outside of a run are left out. */
export function runsOf(events: readonly ProfileEvent[]): ProfiledRun[] {
  const inOrder = (some: readonly ProfileEvent[]) => some.toSorted((a, b) => a.ts - b.ts)
  const runs = inOrder(events.filter(({ cat, name }) => cat === 'Session' && name === RUN))
  const nodes = inOrder(events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(KERNEL)))
  let next = 0
  return runs.map(({ ts, dur }) => {
    const own: OperatorTime[] = []
    for (; next < nodes.length && nodes[next]!.ts <= ts + dur; next++) {
      const node = nodes[next]!
      if (node.ts >= ts) {
        own.push({ operator: node.args?.op_name ?? node.name, ms: node.dur / 1000, calls: 1 })
      }
    }
    return { ms: dur / 1000, operators: summed(own) }
  })
}

/**
 * Runs together.
 *
 * @param times everything is divided by it.
 * @returns the kinds that took longest first.
 */
export function together(runs: readonly ProfiledRun[], times: number): ProfiledRun {
  const operators = summed(runs.flatMap((run) => run.operators))
  return {
    ms: runs.reduce((sum, { ms }) => sum + ms, 0) / times,
    operators: operators
      .map(({ operator, ms, calls }) => ({ operator, ms: ms / times, calls: calls / times }))
      .toSorted((a, b) => b.ms - a.ms),
  }
}

function summed(times: readonly OperatorTime[]): OperatorTime[] {
  const byKind = new Map<string, OperatorTime>()
  for (const { operator, ms, calls } of times) {
    const before = byKind.get(operator) ?? { ms: 0, calls: 0 }
    byKind.set(operator, { operator, ms: before.ms + ms, calls: before.calls + calls })
  }
  return [...byKind.values()]
}

/**
 * The rows of a table of a part's operators.
 *
 * @param most kinds with a row of their own.
 */
export function operatorRows(title: string, part: ProfiledRun, most: number): string[][] {
  const row = (what: string, ms: number, calls: string) => [
    what,
    ms.toFixed(ms < 10 ? 2 : 0),
    `${((100 * ms) / part.ms).toFixed(0)} %`,
    calls,
  ]
  const others = part.operators.slice(most)
  const inOperators = sumMs(part.operators)
  return [
    [title, 'ms', 'share', 'calls'],
    ...part.operators
      .slice(0, most)
      .map(({ operator, ms, calls }) => row(operator, ms, calls.toFixed(0))),
    ...(others.length > 0 ? [row(`${others.length} other kinds`, sumMs(others), '')] : []),
    row('between operators', part.ms - inOperators, ''),
    row('in all', part.ms, ''),
  ]
}

function sumMs(times: readonly OperatorTime[]): number {
  return times.reduce((sum, { ms }) => sum + ms, 0)
}
