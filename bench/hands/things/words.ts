/** The everyday things that are drawn, and the icon of each in Microsoft's Fluent emoji. */

/** The icon of a thing where its own name is not one. */
const ICONS: Readonly<Record<string, string>> = {
  apple: 'red-apple',
  tree: 'deciduous-tree',
  plane: 'airplane',
  bike: 'bicycle',
  car: 'automobile',
  boat: 'sailboat',
  ball: 'soccer-ball',
  cake: 'birthday-cake',
  burger: 'hamburger',
  bulb: 'light-bulb',
  cup: 'hot-beverage',
  book: 'closed-book',
  gift: 'wrapped-gift',
}

export const THINGS: readonly string[] = `
  cat dog fish bird butterfly frog pig cow rabbit panda penguin duck turtle octopus snail
  apple banana strawberry grapes watermelon carrot mushroom sunflower cactus tree umbrella
  plane rocket bike car bus boat train cloud snowman rainbow fire sun crown key guitar
  ball balloon cake pizza burger egg ghost robot hammer scissors pencil bell candle bulb
  chair house cup book glasses gift
`
  .trim()
  .split(/\s+/)

export const DIGITS: readonly string[] = Array.from({ length: 10 }, (_, digit) => String(digit))

/** Names of one or two icons: cats and dogs have a face and a body. */
export function iconsOf(thing: string): readonly string[] {
  const icon = ICONS[thing] ?? thing
  return [`${icon}-face`, icon]
}

/** Things whose name is a plural. */
export function isPlural(thing: string): boolean {
  return ['grapes', 'scissors', 'glasses'].includes(thing)
}

/** "cats", "buses", "butterflies"; "fish" and "scissors" stay. */
export function pluralOfThing(thing: string): string {
  if (isPlural(thing) || thing === 'fish') {
    return thing
  }
  return thing.endsWith('y')
    ? `${thing.slice(0, -1)}ies`
    : `${thing}${thing.endsWith('s') ? 'es' : 's'}`
}
