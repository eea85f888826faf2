/** What the bot says about rules and about reposts, in English; part of the catalog. */

const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`
const points = (count: number) => `${Number(count.toFixed(2))} ${count === 1 ? 'point' : 'points'}`

export const MODERATION_RULES_EN = {
  command: {
    rule: 'Questions, words and texts that I look for in each picture',
    add: 'Add a rule, or change the one of that name',
    remove: 'Remove a rule',
    show: 'Show the rules',
    export: 'Show the words of a rule as a file, which rule add takes again',
    test: 'What a picture has by each rule',
    stats: 'How often a rule was right, and a threshold from what staff decided',
    reposts: 'Answer reposts in a channel with the first posting, or stop that',
    name: 'What it is called',
    question: 'A question that is answered yes or no, such as: is there a red circle?',
    match: 'A text that pictures are compared with, such as: a red circle',
    words: 'Words and /patterns/ with points: casino*=2, promo code=3',
    list: 'Words that come with me',
    lists: { scams: 'Casino, giveaway and crypto scams' },
    file: 'Words as a text file, such as an edited list',
    threshold:
      'Percent of probability, or points of words (5 unless given), from which it is a hit',
    action: 'What a hit does',
    actions: {
      flag: 'Open a case; a person does the rest',
      remove: 'Confirm removes; later by itself, once it was right often enough',
    },
    channels: 'Only in these channels: mention them; nothing: everywhere',
    precision: 'Percent of decided hits that must be right before it may remove; 95 unless given',
    timeout: 'Minutes that confirming a hit times the member out; nothing: not at all',
    ageRestricted: 'Look in age-restricted channels too',
    image: 'The picture',
    channel: 'The channel',
  },
  added: (name: string) =>
    `Added: **${name}**. I open cases for its hits and remove nothing. Staff decide them; \`/moderation rule stats\` shows how it does.`,
  changed: (name: string) => `Changed: **${name}**.`,
  mayRemove: (reviewed: number, precision: number) =>
    `It removes only after ${reviewed} decided hits of which ${percent(precision)} were right, and only while the mode is “act”.`,
  warnings: {
    meaning: (word: string) =>
      `⚠ “${word}” is about what a picture means. The model sees what is in it, and knows no intentions, laws or rules: its answer to this is a guess. Ask for something that can be seen, such as: is there a coin in the picture?`,
    start: '⚠ It should start with a word such as is, are, does or has: others are answered badly.',
    onlyAnswers:
      '⚠ My model only says yes or no, not how sure it is: every score is 0 % or 100 %, and a threshold changes nothing.',
    onlyKnows: ({ en }: { readonly en: string; readonly zh: string }) =>
      `⚠ My model only knows ${en}. About other pictures, such as photographs, its answers mean nothing, however sure they sound.`,
  },
  offerTest: (name: string) => `Test it first: \`/moderation rule test name:${name} image:\``,
  removed: 'Removed.',
  title: (count: number, most: number) => `**${count} of ${most} rules**`,
  /** From which probability or points a rule has a hit, and what a picture has. */
  scores: {
    question: percent,
    words: points,
    match: percent,
  },
  line: (name: string, what: string, from: string, action: string, where: string) =>
    `- **${name}**: ${what}, from ${from}, ${action}, ${where}`,
  whatQuestion: (question: string) => `“${question}”`,
  whatMatch: (text: string) => `fits “${text}”`,
  whatWords: (terms: number) => `${terms} ${terms === 1 ? 'word' : 'words'}`,
  exported: (name: string, terms: number) =>
    `The words of **${name}**: ${terms}. Edit the file and give it back: \`/moderation rule add name:${name} file:\`. Changed words restart its record.`,
  everywhere: 'everywhere but in age-restricted channels',
  everywhereToo: 'everywhere',
  actionShort: { flag: 'flags', remove: 'removes once it may' },
  dropped: (count: number) =>
    `Not looked at since I started, as too many pictures came at once: ${count}`,
  unknownPictures: (count: number) =>
    `Pictures I did not judge since I started, as my model does not know such pictures: ${count}`,
  tested: {
    question: (name: string, score: number, threshold: number, hit: boolean) =>
      `- **${name}**: ${percent(score)} yes (a hit from ${percent(threshold)})${hit ? ' — **a hit**' : ''}`,
    match: (name: string, score: number, threshold: number, hit: boolean) =>
      `- **${name}**: fits by ${percent(score)} (a hit from ${percent(threshold)})${hit ? ' — **a hit**' : ''}`,
    noMatcher: (name: string) => `- **${name}**: not judged, as there is no model for matching`,
    words: (name: string, score: number, threshold: number, hit: boolean, terms: string) =>
      `- **${name}**: ${points(score)}${terms === '' ? '' : ` for ${terms}`} (a hit from ${points(threshold)})${hit ? ' — **a hit**' : ''}`,
    outside: (name: string) => `- **${name}**: not judged, as my model does not know such pictures`,
  },
  testTitle: 'This picture by your rules:',
  stats: {
    title: (name: string, what: string) => `**${name}**: ${what}`,
    counts: (hits: number, confirmed: number, dismissed: number, open: number) =>
      `Hits: ${hits} — ${confirmed} confirmed, ${dismissed} dismissed, ${open} not decided`,
    precision: (share: number, low: number, high: number, counted: number) =>
      `Right at its threshold: ${percent(share)} of ${counted} (95 % interval ${percent(low)} to ${percent(high)})`,
    unknown: 'Right at its threshold: nothing decided yet',
    suggested: (threshold: string, precision: number) =>
      `Suggested threshold: ${threshold}, the lowest at which ${percent(precision)} were right`,
    noSuggestion: (reviewed: number, precision: number) =>
      `Suggested threshold: none yet; it takes ${reviewed} decided hits of which ${percent(precision)} were right`,
    earned: 'It may remove.',
    notEarned: 'It may not remove yet.',
    onlyFlags: 'It only opens cases.',
    right: 'Confirmed',
    wrong: 'Dismissed',
    alt: (bins: string) =>
      `Bar chart of the decided hits by how sure I was or how many points they had, confirmed/dismissed: ${bins}`,
    noBins: 'none',
    chart: {
      title: (name: string) => `What staff decided about the hits of “${name}”`,
      across: {
        question: 'How sure I was of “yes”',
        words: 'Points of the words',
        match: 'How well the picture fits',
      },
      up: 'Hits',
      threshold: 'threshold',
    },
  },
  reposts: {
    on: (channel: string) =>
      `On: in ${channel} I answer a picture that was there before with its first posting.`,
    off: (channel: string) => `Off: I look for no reposts in ${channel} and forgot its pictures.`,
    found: (link: string, at: number) => `This was here before, <t:${at}:R>: ${link}`,
  },
  reason: (name: string, score: number) =>
    `the question “${name}” is answered yes with ${percent(score)}`,
  matchReason: (name: string, score: number, text: string) =>
    `by the rule “${name}” the picture fits “${text}” with ${percent(score)}`,
  wordsReason: (name: string, score: number, terms: string, channels: number | null) => {
    const where = channels === null ? '' : `, in ${channels} channels together`
    return `the words of “${name}”${where}: ${points(score)} for ${terms}`
  },
} as const
