/** Written by `make api-types` from the registry of channels. */
import type { Channel } from './types';

export const CHANNEL: Readonly<Record<Channel, string>> = { web_form: 'Web form', email: 'E-mail', whatsapp: 'WhatsApp' };
