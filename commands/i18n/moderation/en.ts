/** What the bot says about moderation, in English; part of the catalog. */

import type { Relation, WordVerdict } from '../../moderation/word-verdict.ts'

const LIKE = ['looks the same as', 'looks almost the same as', 'looks similar to'] as const

/** How alike two pictures are, from the bits of 64 in which their hashes differ. */
const likeness = (bits: number) => LIKE[bits === 0 ? 0 : bits <= 2 ? 1 : 2]

/** How alike a picture must look, from the distance that the server allows. */
const closeness = (distance: number) =>
  distance === 0
    ? 'the same'
    : distance <= 3
      ? 'almost the same'
      : distance <= 8
        ? 'alike'
        : 'roughly alike'

/** How the words of a picture compare with those of a listed one. */
const COMPARED: Readonly<Record<WordVerdict, string>> = {
  agree: 'the words agree',
  similar: 'only part of the words agree',
  differ: 'the words differ',
  'one-sided': 'only one of the two has words that I can read',
  none: 'neither has words to compare',
  unread: 'the words could not be compared',
}

const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

export const MODERATION_EN = {
  buttons: {
    confirm: 'Confirm',
    dismiss: 'Dismiss',
    delete: 'Delete',
    timeout: 'Time out',
    undo: 'Undo',
    history: 'History',
    enforce: 'Remove such pictures from now on',
    appeal: 'Answer the moderators',
  },
  menus: { mark: 'Mark as scam image', allow: 'Not a scam', report: 'Report image' },
  command: {
    name: 'moderation',
    description: 'Keep scam pictures out, with a person deciding',
    setup: 'Set moderation up, or change it',
    status: 'Show how moderation is set up, and what will not work',
    pause: 'Look at nothing until resumed',
    resume: 'Go on after a pause',
    exempt: 'Leave a role or a channel out, or take it back in',
    stats: 'The last seven days at a glance',
    case: 'Find a case by its number',
    number: 'The number of the case',
    hash: 'Pictures that staff confirmed or dismissed',
    add: 'Confirm a picture as a scam',
    remove: 'Take a picture off the list',
    list: 'Show the list',
    test: 'Say what would be found about a picture',
    import: 'Add the pictures of a file from /moderation hash export',
    export: 'Get the list as a file',
    channel: 'Where cases are posted',
    mode: 'How far I may go',
    modes: {
      off: 'Off',
      log: 'Log only: I tell staff, and do nothing',
      approve: 'Approve first: one click removes',
      act: 'Act: remove what staff confirmed',
    },
    staff: 'A role that decides cases; choose it again to take it off',
    distance: 'How different a picture may look from a listed one: 0 not at all, 12 a good deal',
    burstChannels: 'The same picture in so many channels is a burst',
    burstMinutes: 'Within so many minutes',
    timeout: 'Minutes that a removal times the member out; 0: not at all',
    role: 'The role',
    where: 'The channel',
    image: 'The picture',
    code: 'Its code in the list',
    note: 'A note for the list',
    file: 'The file',
  },
  setup: {
    title: '**Moderation on this server**',
    mode: (mode: string, paused: boolean) => `Mode: ${mode}${paused ? ' — **paused**' : ''}`,
    channel: (channel: string) => `Cases go to: ${channel}`,
    staff: (roles: string) =>
      `Staff: members with Manage Messages${roles === '' ? '' : ` or ${roles}`}`,
    exempt: (list: string) => `Exempt besides staff, the owner and bots: ${list}`,
    burst: (channels: number, minutes: number) =>
      `A burst: the same picture in ${channels} channels within ${many(minutes, 'minute')}`,
    distance: (distance: number) =>
      `A listed picture is found again if it looks ${closeness(distance)} (distance ${distance}; 0: the same, 12: roughly alike)`,
    timeout: (minutes: number) =>
      minutes === 0
        ? 'A removal times nobody out'
        : `A removal times out for ${many(minutes, 'minute')}`,
    list: (confirmed: number, dismissed: number) =>
      `The list: ${confirmed} confirmed, ${dismissed} dismissed`,
    none: 'nothing',
    troubles: '**What will not work**',
    fine: 'Everything I need is there.',
    noContent:
      'Discord hides pictures from me: the operator must switch on the Message Content intent. Until then I find nothing by myself; the menus work.',
    lacks: (permission: string, channel: string | null, what: string) =>
      `I lack ${permission}${channel === null ? '' : ` (${channel})`}, so I cannot ${what}.`,
    whats: {
      see: 'post cases',
      send: 'post cases',
      attach: 'show the picture in a case',
      history: 'find a case again after a restart',
      delete: 'remove messages',
      timeout: 'time anyone out',
    },
    noLogChannel: 'The channel for cases is gone, so I post and remove nothing.',
    saved: 'Saved.',
    paused: 'Paused. I look at nothing until `/moderation resume`.',
    resumed: 'I am looking again.',
    exempted: (what: string) => `${what} is exempt now.`,
    included: (what: string) => `${what} is no longer exempt.`,
  },
  hashes: {
    added: (code: string, removes: boolean) =>
      `Confirmed. ${removes ? 'I remove this picture at once whenever it is posted.' : 'I open a case whenever this picture is posted; in the mode “act” I would remove it.'} Its code in the list: \`${code}\``,
    removed: 'Taken off the list.',
    none: 'The list is empty.',
    title: (count: number) => `**${many(count, 'picture')}**, the newest first:`,
    line: (verdict: string, when: string, by: string) => `**${verdict}**, ${when}${by}`,
    by: (user: string) => ` by ${user}`,
    case: (name: string, link: string) => `case ${name}: ${link}`,
    noCase: 'added without a case',
    verdicts: { confirmed: 'scam', dismissed: 'not a scam', imported: 'imported' },
    more: (count: number) => `…and ${count} more; \`/moderation hash export\` has all.`,
    code: (code: string) => `Code: \`${code}\``,
    unknown: 'Nothing like it is in the list.',
    match: (
      verdict: string,
      code: string,
      { relation, words }: { readonly relation: Relation; readonly words: WordVerdict },
    ) =>
      ({
        same: `In the list as ${verdict}: \`${code}\`. It is the same picture; ${COMPARED[words]}.`,
        resembles: `It resembles \`${code}\`, listed as ${verdict}, but may be another picture; ${COMPARED[words]}. A person has to decide.`,
        other: `It looks like \`${code}\`, listed as ${verdict}, but ${COMPARED[words]}: it is left alone.`,
      })[relation],
    imported: ({
      added,
      skipped,
      known,
      dismissed,
    }: Readonly<Record<'added' | 'skipped' | 'known' | 'dismissed', number>>) =>
      [
        added === 0
          ? 'Nothing new was added.'
          : `Added: ${many(added, 'picture')}. ${added === 1 ? 'It is' : 'They are'} only flagged until your own staff confirms ${added === 1 ? 'it' : 'them'}.`,
        ...(known > 0
          ? [
              `${many(known, 'picture')} of the file ${known === 1 ? 'was' : 'were'} in the list already.`,
            ]
          : []),
        ...(dismissed > 0
          ? [
              `${dismissed} that the other server calls harmless were left out: only your own staff can do that.`,
            ]
          : []),
        ...(skipped > 0 ? [`There was no room for ${skipped}.`] : []),
      ].join(' '),
    exported: (count: number) => `The list: ${many(count, 'picture')}.`,
  },
  menu: {
    marked: (link: string) => `Noted as a scam picture. The case: ${link}`,
    markedPlain: 'Noted as a scam picture.',
    allowed: 'Noted: not a scam. I will not flag this picture again.',
    reported: 'Thank you. The moderators have been told.',
  },
  case: {
    title: (id: string) => `**Case ${id}**`,
    states: {
      open: 'to be decided',
      confirmed: 'confirmed',
      dismissed: 'dismissed',
      undone: 'undone',
    },
    automatic: 'removed by itself, as staff confirmed this picture before',
    member: (user: string, id: string, created: string, joined: string) =>
      `Who: ${user} (\`${id}\`), account made ${created}${joined}`,
    joined: (when: string) => `, joined ${when}`,
    where: (links: string, count: number) => `Where (${many(count, 'message')}): ${links}`,
    more: (count: number) => ` and ${count} more`,
    sees: (caption: string) => `What I see: ${caption}`,
    cannotSee: 'I cannot describe this picture.',
    onlyHere:
      'Too little structure to be recognized again: what you decide holds for this case alone.',
    looking: 'What I see: still looking…',
    words: (text: string) => `Words in it: ${text}`,
    links: (links: string) => `Links in the words: ${links}`,
    codes: (codes: string) => `Its QR codes and bar codes say: ${codes}`,
    why: 'Why:',
    reasons: {
      hash: (words: WordVerdict) => `staff here confirmed this picture; ${COMPARED[words]}`,
      resembles: (bits: number, words: WordVerdict) =>
        `it ${likeness(bits)} a picture that staff here confirmed; ${COMPARED[words]}, so it is not removed by itself`,
      'other-words': (bits: number) =>
        `it ${likeness(bits)} a picture that staff here confirmed, but ${COMPARED.differ}`,
      burst: (channels: number, seconds: number) =>
        `the same picture in ${channels} channels within ${many(seconds, 'second')}`,
      marked: (user: string) => `marked by ${user}`,
      reported: (user: string) => `reported by ${user}`,
      'young-account': (days: number) => `the account is ${many(days, 'day')} old`,
      'new-member': (days: number) =>
        days === 0 ? 'joined today' : `joined ${many(days, 'day')} ago`,
      'other-server': (bits: number) =>
        `it ${likeness(bits)} a picture in a list imported from elsewhere`,
    },
    deleted: (done: number, of: number) => `Removed: ${done} of ${many(of, 'message')}.`,
    timedOut: (until: string) => `Timed out until ${until}.`,
    lifted: 'The timeout was lifted.',
    told: 'The member was told.',
    apologised: 'The member was told that it was a mistake. Removed messages cannot be put back.',
    listed: 'The picture was put on the list of scams.',
    allowed: 'The picture was put on the list of harmless pictures.',
    unlisted: 'The picture was taken off the list.',
    problems: {
      forbidden: 'I lack the permission',
      gone: 'it was gone already',
      closed: 'they take no direct messages',
      longer: 'a moderator’s own timeout was left as it is',
      unlogged: 'not done, as the evidence could not be posted',
      unready: 'Discord cannot search this server yet',
      unread: 'they could not be read in time',
      failed: 'it failed; my log has the reason',
      unsafe: 'I was stopped when I opened the pictures',
    },
    not: (what: string, why: string) => `⚠ ${what}: ${why}.`,
    steps: {
      post: 'Case not posted',
      evidence: 'Posted without its pictures',
      describe: 'No description',
      sweep: 'Not searched for other copies',
      delete: 'Message not removed',
      timeout: 'Not timed out',
      tell: 'Not told',
      list: 'Not listed',
      sketch: 'Listed without its words',
      allow: 'Not listed',
      unlist: 'Not taken off the list',
      lift: 'Timeout not lifted',
      apologise: 'Not told',
      alert: 'Staff not told of the answer',
    },
    by: (action: string, user: string) => `${action}: ${user}`,
    itself: 'Sightseer',
    appeal: (text: string) => `The member answers: ${text}`,
    evidence: (caption: string) => `Evidence of a case. ${caption}`,
    unseen: 'Not described yet.',
    noWords: 'no words for it',
    reason: (id: string, what: string) => `Sightseer case ${id}: ${what}`,
    breaks: (rules: readonly string[]) => `breaks a rule of the server: ${rules.join(', ')}`,
    whats: {
      delete: 'scam picture removed',
      timeout: 'scam picture',
      lift: 'undone by a moderator',
      second: 'posted twice',
    },
  },
  history: {
    title: (user: string, count: number) => `${user}: ${many(count, 'case')} on this server`,
    line: (name: string, link: string, when: string, state: string) =>
      `${name} ${when}: ${state}${link === '' ? '' : ` ${link}`}`,
    events: '**This case**',
  },
  enforce: {
    offer:
      'Noted. In the mode “log only” I remove nothing. If you want, I remove pictures that your staff confirmed at once from now on.',
    told: (user: string) =>
      `${user} changed the mode to “act”: from now on I remove pictures that staff confirmed.`,
    done: 'From now on I remove pictures that your staff confirmed. `/moderation setup` changes that.',
  },
  told: {
    scam: (server: string, isRemoved: boolean) =>
      `A picture you posted on **${server}** was taken for a scam${isRemoved ? ' and removed' : ''}.`,
    account:
      'If you did not post it, someone else uses your account: change your password, which logs them out, and switch on two-factor authentication.',
    rule: (server: string, rules: readonly string[], isRemoved: boolean) =>
      `A picture you posted on **${server}** breaks a rule of that server: ${rules.join(', ')}.${isRemoved ? ' It was removed.' : ''}`,
    until: (when: string) => `You can write there again ${when}.`,
    answer: 'If this is a mistake, you can answer the moderators once.',
    undoneScam: (server: string) =>
      `The moderators of **${server}** took that back: your picture was no scam. Sorry.`,
    undoneRule: (server: string) =>
      `The moderators of **${server}** took that back: your picture breaks no rule. Sorry.`,
    lifted: 'Your timeout is lifted.',
    notRestored: 'Removed messages cannot be put back, so please post again what you like.',
    form: 'Answer the moderators',
    field: 'What should they know?',
    sent: 'The moderators have your answer.',
  },
  stats: {
    title: (from: string) => `**Moderation since ${from}**`,
    line: (cases: number, confirmed: number, dismissed: number, undone: number, open: number) =>
      `${many(cases, 'case')}: ${confirmed} confirmed, ${dismissed} dismissed, ${undone} undone, ${open} to be decided`,
    kinds: (list: string) => `By reason: ${list}`,
    kind: {
      hash: 'known picture',
      resembles: 'resembles a known picture',
      burst: 'burst',
      marked: 'marked',
      reported: 'reported',
      rule: 'rule',
      'other-server': 'imported',
    },
    removed: (count: number) => `Messages removed: ${count}`,
    days: (counts: string) => `Cases a day: ${counts}`,
    alt: (counts: string) => `Bar chart of cases a day: ${counts}`,
    chart: { title: 'Cases of each day', across: 'Day (UTC)', up: 'Cases' },
    nothing: 'No cases in the last seven days.',
  },
} as const
