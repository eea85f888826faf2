/** Installation and interaction contexts: where a command can be used. */

import { ApplicationIntegrationType, InteractionContextType } from 'discord.js'

/** In servers and direct messages, installed to a server or to a user. */
export const EVERYWHERE = {
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
  contexts: [
    InteractionContextType.Guild,
    InteractionContextType.BotDM,
    InteractionContextType.PrivateChannel,
  ],
}

/** Only in servers that installed the bot. */
export const SERVERS_ONLY = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild],
}
