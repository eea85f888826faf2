/**
 * Packs what make.ts and make.py drew into the committed test set: `node bench/hands/printed/pack.ts IN`. The
 * questions are not stored: words.ts makes them from what is printed.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packFolder } from '../pack-folder.ts'
import { HANDS_FOLDER } from '../truth.ts'
import { PRINTED_FILE } from './read.ts'

const [from = ''] = process.argv.slice(2)
const scenes = ['canvas', 'plots'].flatMap((hand): object[] =>
  JSON.parse(readFileSync(path.join(from, `printed-${hand}.json`), 'utf8')),
)
packFolder(from, 'printed')
// One picture a line, so that a changed truth is a changed line.
const lines = scenes.map((scene) => JSON.stringify(scene)).join(',\n')
writeFileSync(path.join(HANDS_FOLDER, PRINTED_FILE), `[\n${lines}\n]\n`)
