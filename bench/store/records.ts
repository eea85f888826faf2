/** The records that the bench of the store works on. */

import { createHash } from 'node:crypto'
import type { FileEntry } from '../../bot/moderation/hashes/hash-file.ts'
import type { HashEntry } from '../../bot/moderation/hashes/hash-entry.ts'
import { decided, openCase } from '../../bot/moderation/cases/case.ts'
import type { Case } from '../../bot/moderation/cases/case-record.ts'
import type { CaseRecords } from '../../bot/moderation/cases/case-records.ts'
import type { ChannelRecord, TurnRecord } from '../../bot/memory/conversation.ts'
import type { AnswerRecord, ConversationRecords } from '../../bot/memory/records.ts'
import { DEFAULT_MODERATION } from '../../commands/moderation/settings.ts'
import { DAY_MS, HOUR_MS } from '../../config/durations.ts'

export const PERSON = '200000000000000001'
export const GUILD = '300000000000000000'
export const RULE = 'abcdefabcdef'

/** Half of the records are of channels, half of answers. */
const CHANNELS = 10_000
const CASES = 20_000
/** Records of each kind that name the person. */
const OWN = 25
const OWN_CASES = 50
const OWN_HASHES = 10_000
/** Of the cases, those of the rule and those of them that staff decided. */
const RULE_CASES = 5000
const JUDGED_CASES = 200
const TURNS = 3
const CASE_DAYS = 60
/** Writes that are under way at once. */
const AT_ONCE = 100

/** Digits of a detail hash. */
const DETAIL_DIGITS = 256

export async function writeConversations(records: ConversationRecords): Promise<number> {
  await atOnce(CHANNELS, async (i) => {
    const by = i % (CHANNELS / OWN) === 0 ? PERSON : idOf(4, i)
    const place = `${GUILD}/${idOf(5, i)}/`
    await records.channels.set(place, channelOf(by, i), HOUR_MS)
    await records.answers.set(`${place}answer${i}`, answerOf(by), HOUR_MS)
  })
  return 2 * CHANNELS
}

export async function writeCases({ all }: CaseRecords): Promise<number> {
  await atOnce(CASES, async (i) => {
    const record = caseOf(i)
    await all.set(`${GUILD}/${record.id}`, record)
  })
  return CASES
}

/** @param count of entries, each with other hashes. */
export function hashFileOf(count: number): readonly FileEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const hash = digest(`hash ${i}`, 16)
    const cropped = [digest(`cropped ${i}`, 16), digest(`other ${i}`, 16)]
    return { hash, cropped, detail: digest(`detail ${i}`, DETAIL_DIGITS), distance: 6, note: '' }
  })
}

/** @param i its place in the file: the person imported the first ones. */
export function importedOf(entry: FileEntry, i: number): HashEntry {
  const at = Date.now()
  const by = i < OWN_HASHES ? PERSON : idOf(9, 0)
  return { ...entry, verdict: 'imported', by, at, seenAt: at, caseId: null, words: null }
}

function channelOf(by: string, i: number): ChannelRecord {
  const at = Date.now()
  const turns = Array.from({ length: TURNS }, (_, turn): TurnRecord => ({
    id: `turn${turn}`,
    parent: null,
    question: 'what color is the square in the middle?',
    answer: 'It is light blue.',
    by,
    visibleTo: null,
    at,
  }))
  const source = { channelId: idOf(5, i), messageId: idOf(6, i), authorId: by }
  const picture = {
    hash: digest(`picture ${i}`, 64),
    key: 'picture',
    name: 'scene.png',
    spoiler: false,
    url: `https://cdn.discordapp.com/attachments/${idOf(5, i)}/${idOf(6, i)}/scene.png`,
    size: 100_000,
    source,
  }
  const conversation = {
    id: `talk${i}`,
    picture,
    by,
    visibleTo: null,
    at,
    until: at + HOUR_MS,
    descriptions: ['a light blue square to the left of a red star'],
    turns,
    answers: [{ key: `answer${i}`, message: idOf(7, i), turn: null }],
  }
  return { talks: [conversation] }
}

function answerOf(asker: string): AnswerRecord {
  return {
    asker,
    kind: 'describe',
    style: 'caption',
    hidden: false,
    asked: true,
    named: false,
    reposted: null,
    parts: [{ talk: 'talk', turn: null, number: null }],
    suggestions: [{ part: 0, question: 'what color is the square?' }],
  }
}

function caseOf(i: number): Case {
  const id = idOf(8, i)
  const isOfRule = i < RULE_CASES
  const reason = isOfRule
    ? ({ kind: 'rule', weight: 3, rule: RULE, name: 'hearts', score: 0.9 } as const)
    : ({ kind: 'burst', weight: 4, count: 4, seconds: 20 } as const)
  const hash = digest(`case ${i}`, 16)
  const seed = {
    id,
    number: i + 1,
    guildId: GUILD,
    memberId: i % (CASES / OWN_CASES) === 0 ? PERSON : idOf(4, i),
    joinedAt: null,
    locale: 'en-US',
    copies: [{ channelId: idOf(5, i), messageId: id }],
    prints: [{ whole: hash, mirrored: hash, cropped: [], detail: digest(hash, DETAIL_DIGITS) }],
    reasons: [reason],
    matched: null,
  }
  const opened = openCase(seed, DEFAULT_MODERATION, Date.now() - (i % CASE_DAYS) * DAY_MS)
  const choice = { action: 'confirm', by: idOf(9, 0), now: Date.now() } as const
  return i < JUDGED_CASES ? decided(opened, choice, DEFAULT_MODERATION) : opened
}

function idOf(kind: number, i: number): string {
  return `${kind}${String(i).padStart(17, '0')}`
}

function digest(text: string, digits: number): string {
  let hex = ''
  for (let i = 0; hex.length < digits; i++) {
    hex += createHash('sha256').update(`${i} ${text}`).digest('hex')
  }
  return hex.slice(0, digits)
}

async function atOnce(count: number, work: (i: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - start)
    await Promise.all(Array.from({ length }, (_, i) => work(start + i)))
  }
}
