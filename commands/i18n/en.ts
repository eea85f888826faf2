/** All texts of the bot in English. The catalog's type is derived from this object. */

import {
  MATCHER_SETTING,
  MODEL_SETTING,
  type ModelPlace,
  PULL_COMMAND,
  PULL_MATCHER_COMMAND,
} from '../../config/models.ts'
import { ERRORS_EN } from './errors-en.ts'
import { MODERATION_EN } from './moderation/en.ts'
import { onlyLanguagesEn } from './question-language.ts'
import { MODERATION_RULES_EN } from './moderation/rules-en.ts'

/** A count with its noun, which gets an s unless the count is 1. */
const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

export const EN = {
  moderation: MODERATION_EN,
  moderationRules: MODERATION_RULES_EN,
  buttons: {
    ask: 'Ask…',
    again: 'Again',
    delete: 'Delete',
    repost: 'Post with alt text',
  },
  modal: {
    title: 'Ask about the picture',
    question: 'Your question',
    placeholder: (_languages: readonly string[] | undefined) =>
      'For example: what is in the background?',
    picture: 'Which picture?',
    altTextTitle: 'Post with alt text',
    altText: 'Alt text',
    numbered: (number: number) => `Picture ${number}`,
    all: 'All of them together',
  },
  answer: {
    nothing: 'I have no words for this picture.',
    unsure: 'I am not sure about this picture.',
    frames: (count: number) => `It moves; I looked at ${count} frames of it.`,
    notThere: (thing: string) => `There is no ${thing} in this picture.`,
    unknownWords: (words: readonly string[]) =>
      `My model does not know ${words.map((word) => `“${word}”`).join(', ')}, so it would only guess.`,
    says: (words: string) => `It says: “${words}”`,
    onlyWords: (words: string) => `A picture with the words: “${words}”`,
    notTranslated: 'I cannot translate; these are the words.',
    butRead: 'These words are in it:',
    codes: 'In QR or bar codes (not opened):',
    noText: 'I see no words in this picture.',
    notRead: 'I had no time to read this picture. Please try again in a minute.',
    moreText: 'There is more text in it than I had time to read.',
    textInFile: 'The file has all that I read.',
    textCut: 'That is not all of the words; there was no room for a file.',
    restInFile: 'The file has all of what is cut off here.',
    restCut: 'That is not all of it; there was no room for a file.',
    part: (number: number, text: string) => `**${number}.** ${text}`,
    asked: (question: string) => `> ${question}`,
    leftOut: (count: number) => `I looked at the first ten; ${many(count, 'picture')} left out.`,
    chooseByNumber: 'To ask about one of them, start with its number, such as “2: …”.',
    notTogether: (most: number) =>
      `My model sees ${most === 1 ? 'one picture' : `${most} pictures`} at a time, so I looked at each by itself.`,
    about: (picture: string) => `-# About ${picture}`,
    hiddenPicture: 'the picture behind the spoiler',
    pictures: (count: number) => `these ${many(count, 'picture')}`,
    altText: (text: string) => `AI-generated: ${text}`,
    repostedWith: (user: string) => `Posted for ${user} with alt text.`,
    repostedFor: (user: string) => `Posted for ${user} with alt text (AI-generated).`,
    notRemembered: 'You opted out, so I keep nothing of this and cannot answer follow-ups.',
  },
  smallTalk: {
    hello: 'Hello!',
    show: 'Show me a picture, or ask me about one that was posted here. `/help` says what I can do.',
    sendHere: 'Send me a picture here.',
    welcome: 'You’re welcome!',
  },
  waiting: {
    place: (place: number) => `You are number ${place} in the line.`,
    loading: 'The model is still loading. I will answer as soon as it is there.',
    partly: (done: number, of: number) => `Looking at the pictures: ${done} of ${of} done…`,
  },
  errors: ERRORS_EN,
  commands: {
    describe: {
      name: 'describe',
      description: 'Describe a picture',
      image: 'The picture; without it, the newest one in this channel',
      style: 'How to describe it',
      styles: { caption: 'Caption', detailed: 'Detailed', alt: 'Alt text', text: 'Words in it' },
      private: 'Show the answer only to me',
    },
    read: {
      name: 'read',
      description: 'Read the words in a picture, as text to copy',
      image: 'The picture; without it, the newest one in this channel',
      private: 'Show the words only to me',
    },
    ask: {
      name: 'ask',
      description: 'Ask about a picture',
      question: 'What you want to know',
      picture: 'A picture posted here: choose one, or paste a link to its message',
      image: 'A picture to upload; without any, the one we talked about, or the newest',
      private: 'Show the answer only to me',
    },
    compare: {
      name: 'compare',
      description: 'Ask about several pictures together',
      image: 'The first picture',
      second: 'The second picture',
      third: 'A third picture',
      fourth: 'A fourth picture',
      question: 'What you want to know; without it, what they share and what differs',
      private: 'Show the answer only to me',
    },
    find: {
      name: 'find',
      description: 'Find pictures by the words in them, or by what they show',
      words: 'Words that stand in the picture, or what it shows',
      where: 'Where to look; without it, in this channel',
      places: { channel: 'This channel', server: 'All channels that I can read' },
    },
    memory: {
      name: 'memory',
      description: 'What I remember in this channel',
      show: 'Show what I remember in this channel',
      forget: 'Make me forget',
      what: 'What to forget',
      whats: { picture: 'One picture', mine: 'What I asked', channel: 'The whole channel' },
      picture: 'Which picture; without it, the one you last asked about',
    },
    privacy: {
      name: 'privacy',
      description: 'What I keep about you, and your choices',
      show: 'What I keep, and for how long',
      optOut: 'Do not keep my questions, and do not look at my pictures for others',
      optIn: 'Take back the opt-out',
      export: 'Get what I keep about you as a file',
      delete: 'Delete what I keep about you, everywhere',
    },
    settings: {
      name: 'settings',
      description: 'How I behave on this server',
      show: 'Show the settings',
      channel: 'Where I answer pictures without being asked',
      which: 'The channel',
      does: 'What I do there',
      doings: { nothing: 'Nothing by myself', describe: 'Describe every picture', alt: 'Alt text' },
      search: 'Where pictures can be found with /find',
      searching: 'Whether pictures that are posted there from now on can be found',
      switches: { on: 'On', off: 'Off; forget those that are there' },
      style: 'How I describe pictures when nobody says how',
      language: 'Language of my answers to messages',
      languages: { auto: 'The server’s own', en: 'English', 'zh-CN': '简体中文' },
      limit: 'How many answers a member gets a day',
      number: '0: no limit',
      length: 'How long my answers may get',
      tokens: 'In tokens, each a word or a part of one; 0: as my model has it',
      retention: 'How long I remember pictures and questions',
      hours: 'Hours after the last use; 0: as long as my operator allows',
      value: 'The new value',
    },
    help: { name: 'help', description: 'What I can do' },
    describeMenu: 'Describe image',
    readMenu: 'Read text',
    askMenu: 'Ask about image…',
  },
  find: {
    none: (words: string) =>
      `I know no picture with “${words}” in it. I only know those that were posted since the search was switched on, as long as I remember them.`,
    noneFits: (words: string) =>
      `I know no picture with “${words}” in it, and none that shows it. I only know those that were posted since the search was switched on, as long as I remember them.`,
    found: (count: number, words: string) => `${many(count, 'picture')} with “${words}”:`,
    fits: (count: number, words: string) => `${many(count, 'picture')} for “${words}”:`,
    more: (count: number) => `${count} more; more words find fewer.`,
    shows: (percent: number) => `fits by ${percent} %`,
    mayShow: 'may fit; there was no time for a closer look',
    unseen: (count: number) =>
      `I looked at the words of ${many(count, 'picture')} only: I do not know what they show.`,
    gone: 'All of these are gone now.',
    previous: 'Previous page',
    next: 'Next page',
    onlyWords: {
      matcher: `I looked at the words in pictures only. To find what they show I need another model: ${PULL_MATCHER_COMMAND}, then ${MATCHER_SETTING}.`,
      matcherBesideHits: `I looked at the words in pictures only; what they show needs another model: ${MATCHER_SETTING}.`,
      busy: 'I looked at the words in pictures only; what they show I could not search just now.',
      unseen:
        'I looked at the words in pictures only: what they show I do not know, because they were posted before I had a model for that, or when I had no time.',
      language: (languages: readonly string[]) =>
        `I looked at the words in pictures only. ${onlyLanguagesEn({ languages, examples: [] })}`,
      words: (words: readonly string[]) =>
        `I looked at the words in pictures only: my model does not know ${words.map((word) => `“${word}”`).join(', ')}.`,
    },
  },
  memory: {
    nothing: 'I remember nothing in this channel.',
    title: (count: number) => `I remember ${many(count, 'picture')} here:`,
    line: (name: string, when: string, questions: number) =>
      `${name} — ${questions === 0 ? 'no questions yet' : many(questions, 'question')}; forgotten ${when}`,
    asked: (name: string, question: string) => `${name}, asked: “${question}”`,
    turn: (question: string, answer: string, by: string) => `${question} → ${answer} (${by})`,
    together: (question: string, pictures: number) =>
      `${question} (about ${many(pictures, 'picture')} together)`,
    inFile: 'The file has all of it; this is the newest.',
    fileTitle: 'What I remember in this channel, the newest first, each until the time beside it:',
    forgotten: (count: number) =>
      count === 0 ? 'There was nothing to forget.' : `Forgotten: ${many(count, 'picture')}.`,
    forgottenTurns: (count: number) =>
      count === 0
        ? 'There was nothing to forget.'
        : `Forgotten: ${many(count, 'entry').replace('entrys', 'entries')}.`,
  },
  privacy: {
    kept: (hours: number, model: ModelPlace) =>
      [
        `**What I keep**, each thing until ${many(hours, 'hour')} after its last use:`,
        '- per channel: which pictures I was shown, my answers, and the questions with who asked and when;',
        '- what the model made of a picture, or of frames of a moving one (a list of numbers), so that a question does not need the picture again, and for a day at most the words that I read in it. The picture itself is not kept;',
        '- where a server made pictures searchable: the words in the pictures that are posted there, and numbers for what these show, with who posted them and when;',
        '- which of my messages belong to which picture, for the buttons.',
        'Also how many answers you had today (two days), whether I told you how to ask here and the language of your Discord (a month each), and your opt-out.',
        {
          here: 'Nothing leaves the machine I run on, and nothing is used for training.',
          server:
            'The model runs on another machine, which my operator chose: pictures, without their file names and other details, and questions are sent there, but not who asked. I use nothing for training.',
          queue:
            'The model runs on other machines of my operator: pictures and questions, and the ids of who asks and of the server, are sent there encrypted. They are deleted there once the answer is sent, and numbers made of a picture after half an hour. I use nothing for training.',
        }[model],
        'Deleting a picture’s message or my answer deletes what I remember of it. When I leave a server, everything of it goes.',
      ].join('\n'),
    out: 'You are opted out: I keep none of your questions, and look at your pictures for nobody but you.',
    in: 'You have not opted out. `/privacy opt-out` does that, `/privacy export` shows you what is kept, `/privacy delete` deletes it.',
    optedOut:
      'Done. I keep none of your questions from now on, and look at your pictures for nobody but you. `/privacy delete` removes what is there already.',
    optedIn: 'Done. I remember your questions again, like everyone’s.',
    confirmDelete:
      'Delete everything I keep about you, on all servers? That cannot be undone. An opt-out stays.',
    deleteAll: 'Delete everything about me',
    kinds: {
      conversation: 'A picture you showed me, or asked about, with its questions and answers',
      answer: 'An answer you got, for its buttons',
      searchable:
        'The words in a picture you posted where pictures can be searched, and numbers for what it shows',
      uses: 'How many answers you got on a day',
      hint: 'That I told you how to ask in a channel',
      language: 'The language of your Discord',
      'opt-out': 'Your opt-out',
      'moderation-case': 'A case of moderation about you',
      'moderation-decision': 'What you decided about a case as staff',
      'moderation-recent': 'What you posted in the last hour, as hashes',
      'moderation-hash': 'A picture that you put on a list as staff, as a hash',
      'moderation-words': 'Words in a picture of yours that staff judged, as a sketch',
    },
    exported: (count: number) => `Here is what I keep about you: ${many(count, 'record')}.`,
    /** After a restart, which does not know how many records there were. */
    deletedAll: 'Everything about you is deleted.',
    deleted: (count: number) => `Deleted: ${many(count, 'record')} about you.`,
  },
  settings: {
    title: '**Settings of this server**',
    how: 'To change one: `/settings` with `channel`, `search`, `style`, `language`, `length`, `limit` or `retention`.',
    describes: (channels: string) => `I describe every picture in: ${channels}`,
    altTexts: (channels: string) => `I write alt text in: ${channels}`,
    searches: (channels: string) => `Pictures can be searched in: ${channels}`,
    none: 'no channel',
    style: (style: string) => `Style: ${style}`,
    language: (language: string) => `Language of answers to messages: ${language}`,
    length: (tokens: number | null) =>
      `Longest answer: ${tokens === null ? 'as my model has it' : many(tokens, 'token')}`,
    limit: (limit: number | null) => `Answers a day for each member: ${limit ?? 'no limit'}`,
    retention: (hours: number) => `I remember for: ${many(hours, 'hour')}`,
    saved: 'Saved.',
  },
  knowsOnly: (what: string) => `I only know ${what}.`,
  readsAll: 'The words in a picture I read whatever it shows.',
  otherModel: `For photographs I need another model: ${PULL_COMMAND}, then ${MODEL_SETTING}.`,
  /** Where the model does not understand the language of this catalog; undefined: not known, then empty. */
  askIn: (languages: readonly string[] | undefined): string =>
    languages === undefined || languages.includes('en')
      ? ''
      : onlyLanguagesEn({ languages, examples: [] }),
  help: (about: string) =>
    [
      '**What I can do**',
      '- **Describe pictures:** `/describe` with a picture, or without one for the newest here; or right-click a message → Apps → Describe image.',
      '- **Read words:** `/read`, or Apps → Read text. Latin, Cyrillic and Chinese writing, QR and bar codes, in any picture.',
      '- **Find pictures:** `/find`, by their words, and what they show if my operator set that up, where this server lets me.',
      '- **Answer questions:** `/ask`, Apps → Ask about image…, or a button under my answer. Reply to my answer to ask on; if this server hides replies from me, press **Ask…**.',
      '- **Compare:** `/compare`, or a question to a message with several pictures. A model that sees one at a time answers for each.',
      '- **Listen:** mention me with a picture, or in reply to one. In direct messages, send one.',
      '- **Write alt text:** `/describe` with the style Alt text. I can post your own picture again with it.',
      '- **Forget:** `/memory` shows and forgets what was said here; `/privacy` is about you.',
      '- **Tell staff:** Apps → Report image, where this server uses moderation.',
      'For those who manage a server: `/settings`, also for where `/find` may look; `/moderation` for bad pictures, found by looks, words, questions or matches (`/moderation rule add`).',
      '',
      '**What my model knows**',
      about,
    ].join('\n'),
} as const
