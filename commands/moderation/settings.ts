/** What a server's managers choose about moderation, and what holds where they chose nothing. */

import { z } from 'zod'

/**
 * How far the bot may go:
 * - `off`: it looks at nothing;
 * - `log`: it tells staff of what it finds, and a person does the rest;
 * - `approve`: the same, and one click removes all copies and times the member out;
 * - `act`: pictures that this server's staff confirmed are removed at once; all else as `approve`.
 */
export const MODES = ['off', 'log', 'approve', 'act'] as const
export type Mode = (typeof MODES)[number]

/** Roles or channels in one list. */
export const MAX_LISTED = 50
export const LIMITS = {
  /** Bits in which a picture may differ from a listed one. */
  distance: { min: 0, max: 12 },
  burstChannels: { min: 2, max: 20 },
  burstMinutes: { min: 1, max: 60 },
  /** 28 days, as on Discord; 0: nobody is timed out. */
  timeoutMinutes: { min: 0, max: 40_320 },
} as const

const id = z.string().regex(/^\d{17,20}$/)
const ids = z.array(id).max(MAX_LISTED)
const within = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max)

const fields = {
  mode: z.enum(MODES),
  paused: z.boolean(),
  /** Where cases are posted; null: moderation was never set up. */
  logChannel: id.nullable(),
  /** Members with one of these roles decide cases; those with Manage Messages always may. */
  staffRoles: ids,
  exemptRoles: ids,
  exemptChannels: ids,
  /** Bits in which a picture may differ from one that staff confirmed or dismissed. */
  distance: within(LIMITS.distance),
  /** A burst: the same picture by the same member in so many channels within so many minutes. */
  burstChannels: within(LIMITS.burstChannels),
  burstMinutes: within(LIMITS.burstMinutes),
  /** How long a removal times the member out, in minutes. */
  timeoutMinutes: within(LIMITS.timeoutMinutes),
}

const moderationSettings = z.object(fields)

export type ModerationSettings = Readonly<z.infer<typeof moderationSettings>>

export const DEFAULT_MODERATION: ModerationSettings = {
  mode: 'off',
  paused: false,
  logChannel: null,
  staffRoles: [],
  exemptRoles: [],
  exemptChannels: [],
  distance: 6,
  burstChannels: 3,
  burstMinutes: 5,
  timeoutMinutes: 60,
}

/** Whether the bot looks at a server's pictures. */
export function isActive({ mode, paused, logChannel }: ModerationSettings): boolean {
  return mode !== 'off' && !paused && logChannel !== null
}

/**
 * Reads stored settings. Whatever is missing or not understood has its default, except the mode: it
 * is then `log`, which does nothing to anyone.
 */
export function readModerationSettings(stored: unknown): ModerationSettings {
  const given: Record<string, unknown> = z.record(z.string(), z.unknown()).catch({}).parse(stored)
  const fallback: Record<string, unknown> = { ...DEFAULT_MODERATION, mode: 'log' }
  const read = Object.entries(fields).map(([name, schema]) => [
    name,
    schema.safeParse(given[name]).success ? given[name] : fallback[name],
  ])
  return moderationSettings.parse(Object.fromEntries(read))
}
