/**
 * Runs after `npm ci`, on the Node that runs npm: deletes what the packages bring for other systems
 * (ONNX Runtime: 245 MB) and Node's headers and manuals (about 60 MB). It never fails an installation.
 */

import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'

const MODULES = path.join(import.meta.dirname, '..', 'node_modules')

const foldersIn = (folder) => {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  } catch {
    return [] // the package is not installed, or has another layout
  }
}

const remove = (folder) => {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // It takes space, nothing else.
  }
}

const runtimes = path.join(MODULES, 'onnxruntime-node', 'bin')
for (const version of foldersIn(runtimes)) {
  for (const platform of foldersIn(path.join(runtimes, version.name))) {
    for (const arch of foldersIn(path.join(runtimes, version.name, platform.name))) {
      if (platform.name !== process.platform || arch.name !== process.arch) {
        remove(path.join(runtimes, version.name, platform.name, arch.name))
      }
    }
  }
}

const nodes = path.join(MODULES, 'node', 'node_modules')
for (const { name } of foldersIn(nodes)) {
  for (const unused of ['include', 'share', 'lib']) {
    if (/^node-(linux|darwin|win)/.test(name)) {
      remove(path.join(nodes, name, unused))
    }
  }
}
