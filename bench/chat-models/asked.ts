/** What each side of describe.ts is asked, and what it tells. */

export type Asked = {
  /** Of the picture. */
  readonly file: string
  readonly question: string
  /** `low`: one tile; `high`: all that the checkpoint cuts the picture into. */
  readonly detail: 'low' | 'high'
  /** To generate, whatever they are. */
  readonly tokens: number
}

export type Times = {
  /** From the file's bytes to the last token. */
  readonly totalMs: number
  readonly firstTokenMs: number
  /** Vision tower and projector. */
  readonly visionMs: number
  /** Behind the first token. */
  readonly tokensPerSecond: number
  /** Positions of picture and prompt. */
  readonly promptTokens: number
}

export type Side = {
  /** From the start of its program until it can be asked. */
  readonly readyMs: number
  ask(asked: Asked): Promise<Times>
  /** The most physical memory of its process so far, in bytes. */
  peakBytes(): number
  close(): Promise<void>
}
