/** Names in a package's folder besides the files on its card. */

/** A folder with the graphs prepared for some machines; see runtime/prepared.ts. */
export const PREPARED_FOLDER = 'prepared'

/** Which files had the digests of the card when they were last read; see verify.ts. */
export const VERIFIED_FILE = '.verified.json'
