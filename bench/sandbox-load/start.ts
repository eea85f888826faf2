/** Starts the sandbox once, in a fresh process, and tells how long that took in milliseconds. */

const beforeMs = performance.now()
const { startSandbox } = await import('loopback-discord')
const sandbox = await startSandbox()
process.send?.(performance.now() - beforeMs)
await sandbox.close()
process.disconnect()
