/**
 * The sentence that answers come in English, in every language of Discord, also in those that the bot has no
 * catalog of: what members read who see English answers and wonder why.
 */

import type { Locale } from 'discord.js'

/** A new language of Discord is a type error here. */
const SENTENCES: Readonly<Record<Exclude<`${Locale}`, 'en-GB' | 'en-US'>, string>> = {
  bg: 'Отговорите са на английски.',
  cs: 'Odpovědi jsou v angličtině.',
  da: 'Svarene er på engelsk.',
  de: 'Antworten kommen auf Englisch.',
  el: 'Οι απαντήσεις είναι στα αγγλικά.',
  'es-419': 'Las respuestas están en inglés.',
  'es-ES': 'Las respuestas están en inglés.',
  fi: 'Vastaukset ovat englanniksi.',
  fr: 'Les réponses sont en anglais.',
  hi: 'उत्तर अंग्रेज़ी में आते हैं।',
  hr: 'Odgovori su na engleskom.',
  hu: 'A válaszok angolul érkeznek.',
  id: 'Jawaban diberikan dalam bahasa Inggris.',
  it: 'Le risposte sono in inglese.',
  ja: '回答は英語です。',
  ko: '답변은 영어로 제공됩니다.',
  lt: 'Atsakymai pateikiami anglų kalba.',
  nl: 'Antwoorden zijn in het Engels.',
  no: 'Svarene er på engelsk.',
  pl: 'Odpowiedzi są po angielsku.',
  'pt-BR': 'As respostas são em inglês.',
  ro: 'Răspunsurile sunt în engleză.',
  ru: 'Ответы приходят на английском языке.',
  'sv-SE': 'Svaren är på engelska.',
  th: 'คำตอบเป็นภาษาอังกฤษ',
  tr: 'Yanıtlar İngilizce verilir.',
  uk: 'Відповіді надходять англійською мовою.',
  vi: 'Câu trả lời bằng tiếng Anh.',
  'zh-CN': '回答是英文的。',
  'zh-TW': '回答為英文。',
}

/** @param locale of Discord. @returns null in English, and in languages that Discord does not have. */
export function answersInEnglish(locale: string): string | null {
  const sentence: unknown = Object.hasOwn(SENTENCES, locale)
    ? Reflect.get(SENTENCES, locale)
    : undefined
  return typeof sentence === 'string' ? sentence : null
}
