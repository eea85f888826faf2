/** The links in the words of a picture. People type them, so most have no `https://`. */

/** Labels of a domain, a top-level domain of letters, and a path. */
const LINK =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?:\/[^\s"'<>]*)?/gu

/** The links in some lines, without `https://`, each once. */
export function linksIn(lines: readonly string[]): string[] {
  const links = lines.flatMap((line) => line.match(LINK) ?? [])
  return [...new Set(links)]
}
