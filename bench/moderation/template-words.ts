/**
 * What the templates say: sentences of members, and of scams. Written for this benchmark.
 *
 * Two sentences of one voice often share words: that is what makes pictures on one template hard to
 * tell apart.
 */

import type { Random } from '../report/random.ts'

/** Whose words: a member's, those of a giveaway or casino scam, or none at all. */
export type Voice = 'member' | 'scam' | 'silent'

const SUBJECTS =
  'my cat,the new teacher,our server,that song,everybody,the last boss,your code,grandma,the bus driver,half of my class,nobody here,the weather,this recipe,our landlord,the printer,my brother'
const VERBS =
  'never reads,finally found,cannot explain,already knows,ate,forgot,wants to see,broke,is still looking for,has to repair,dreams about,sold,reviewed,complains about,hid,painted'
const OBJECTS =
  'the manual,my homework,a good reason,two pizzas,the password,nine tabs,this meme,the weekend,an old bicycle,the wrong train,free tickets,the whole kitchen,a spare key,the blue one,seven eggs,our project'
const ENDINGS =
  'again,on a Monday,before lunch,and it worked,for no reason,since 2019,at 3 am,lol,without asking,in the rain,as always,on purpose,next to the station,for the first time,and I am proud,you know'

const HOOKS =
  'claim your,get a free,we give away a,today only: a,new players get a,limited offer:,register for a,withdraw your'
const PRIZES =
  'welcome bonus,crypto reward,casino gift,USDT airdrop,jackpot ticket,deposit bonus,cash prize,lucky spin'
const SITES =
  'rakuwin.example,betfalk.example,zulocasino.example,mintora.example,luckyvane.example,coinsprig.example'
const URGES =
  'hurry up,only 24 hours,no deposit,first 500 people,paid in minutes,tell your friends,verified by experts,no limits'

/** One sentence. */
export function sentence(random: Random, voice: Voice = 'member'): string {
  if (voice === 'silent') {
    return ''
  }
  if (voice === 'member') {
    return [SUBJECTS, VERBS, OBJECTS, ENDINGS].map((list) => pick(random, list)).join(' ')
  }
  return random.chance(0.5)
    ? `${pick(random, HOOKS)} ${pick(random, PRIZES)}, ${pick(random, URGES)}`
    : `$${digits(random, 4)} at ${pick(random, SITES)} code ${code(random)}`
}

/** A name as members have it. */
export function name(random: Random): string {
  return pick(random, 'mika,lin,ada,noor,pavel,jun,rosa,tim,eve,otto') + digits(random, 2)
}

/** Digits, the first of which may be 0. */
export function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random.between(0, 10))).join('')
}

/** A promotion code. */
export function code(random: Random): string {
  return pick(random, 'LUCKY,WIN,MEGA,BOOST,VIP,START') + digits(random, 3)
}

function pick(random: Random, list: string): string {
  return random.pick(list.split(','))
}
