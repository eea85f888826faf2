/** Where commands can be used: installed to a server or to a person, in servers and in messages. */

import { ApplicationIntegrationType, InteractionContextType } from 'discord.js'

/** By whoever installed the bot, wherever they are. */
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

/** Only on servers that installed the bot. */
export const SERVERS_ONLY = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild],
}
