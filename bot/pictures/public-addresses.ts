/**
 * Tells addresses of the internet from those of this machine and its own networks, where a name
 * that an attacker controls must not lead the bot.
 */

import dns from 'node:dns'
import { BlockList, isIPv6, type LookupFunction } from 'node:net'

// IANA's special-purpose registries (those that are not globally reachable, and the deprecated ones),
// and multicast.
const NOT_PUBLIC: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24], // the deprecated 6to4 relays
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96], // also the deprecated IPv4-compatible addresses
  ['::ffff:0:0:0', 96], // IPv4-translated
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['100:0:0:1::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20], // documentation
  ['5f00::', 16], // segment routing
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10], // the deprecated site-local addresses
  ['ff00::', 8],
]

const blocked = new BlockList()
for (const [network, prefix] of NOT_PUBLIC) {
  blocked.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4')
}

/** A name led to an address that is not public. */
export class PrivateAddressError extends Error {
  override name = 'PrivateAddressError' as const
}

/** @param address IPv4 or IPv6, an IPv4 one written as IPv6 included. */
export function isPublic(address: string): boolean {
  return !blocked.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Like `dns.lookup`, but an error as soon as one of the addresses is not public. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const hidden = addresses?.find(({ address }) => !isPublic(address))
    const first = addresses?.[0]
    if (error !== null || first === undefined) {
      callback(error ?? new Error(`${hostname} has no address`), '')
    } else if (hidden !== undefined) {
      callback(new PrivateAddressError(`${hostname} leads to ${hidden.address}`), '')
    } else if (options.all === true) {
      callback(null, addresses)
    } else {
      callback(null, first.address, first.family)
    }
  })
}
