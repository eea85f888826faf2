/** Addresses of servers, which can stand in SIGHTSEER_MODEL in the place of a model package. */

const MAX_ADDRESSES = 64

/** Whether a model is on servers, not in a package. */
export function isServed(model: string): boolean {
  return /^https?:/i.test(model.trim())
}

/**
 * The addresses of servers, separated by commas, each with the path of its API and no slash at the end:
 * `/v1` where it has no path. A string is what is wrong with them; it repeats no address, since that may
 * hold a password.
 */
export function serverAddresses(model: string): readonly string[] | string {
  const addresses: string[] = []
  for (const part of model.split(',')) {
    const url = URL.parse(part.trim())
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return 'must be addresses such as http://127.0.0.1:8080, separated by commas, or the name of a model'
    }
    if (url.username !== '' || url.password !== '') {
      return 'must not hold a password; that is SIGHTSEER_MODEL_KEY'
    }
    if (url.search !== '' || url.hash !== '') {
      return 'must hold addresses without ? and #'
    }
    const path = url.pathname.replace(/\/+$/, '')
    addresses.push(`${url.origin}${path === '' ? '/v1' : path}`)
  }
  if (new Set(addresses).size < addresses.length) {
    return 'names one address twice'
  }
  return addresses.length > MAX_ADDRESSES ? `takes ${MAX_ADDRESSES} addresses at most` : addresses
}

/** The address for messages: a file, or scheme, host, port and path. The rest can hold a password. */
export function withoutPassword(url: string): string {
  if (url === 'memory:' || url.startsWith('sqlite:')) {
    return url
  }
  const parsed = URL.parse(url)
  const isSplit = parsed !== null && parsed.hash === ''
  return isSplit
    ? `${parsed.protocol}//${parsed.host}${parsed.pathname}`
    : `${url.split(':', 1)[0]}://…`
}
