/** Alternates the sides of a comparison and summarizes their measurements. */

/** Median and range of several measurements, in their unit. */
export type Spread = {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly values: readonly number[]
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  if (sorted.length === 0) {
    throw new RangeError('expected a measurement')
  }
  return { median: quantile(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)!, values }
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!
  return sorted[below]! + (next - sorted[below]!) * (place - below)
}

/**
 * Measures the sides alternately, A B A B, so that a change in the machine's load affects all of
 * them. The first round is a warm-up and is discarded.
 */
export async function alternate<Side extends string, Measured>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<Measured>>>,
): Promise<Record<Side, Measured[]>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of `sides`
  const entries = Object.entries(sides) as [Side, () => Promise<Measured>][]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  const results = Object.fromEntries(entries.map(([side]) => [side, []])) as unknown as Record<
    Side,
    Measured[]
  >
  for (let round = 0; round <= rounds; round++) {
    for (const [side, measure] of entries) {
      const measured = await measure()
      if (round > 0) {
        results[side].push(measured)
      }
    }
  }
  return results
}

/** "0.52 s (0.50–0.61)" */
export function inWords({ median, low, high }: Spread, unit: string, digits: number): string {
  const text = (value: number) => value.toFixed(digits)
  return `${text(median)} ${unit} (${text(low)}–${text(high)})`
}
