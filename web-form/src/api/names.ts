/** Written by `make api-types` from the records of channels and reasons. */
import type { Channel, EscalationReason } from './types';

/** Channels. */
export const CHANNEL: Readonly<Record<Channel, string>> = {
  web_form: 'Web form',
  email: 'E-mail',
  whatsapp: 'WhatsApp',
};

/** Why a person takes over, said to the customer. */
export const HANDOVER: Readonly<Record<EscalationReason, string>> = {
  danger: 'A person will look into this.',
  company_topic: 'A person will look into this.',
  pricing: 'Prices and plans are answered by our team, so that you get a figure you can rely on.',
  refund: 'Refunds are decided by a person on our team.',
  legal: 'This is something a person on our team has to answer.',
  human_request: 'You asked for a person, and we passed everything on.',
  negative_sentiment: 'We can tell this has been frustrating. A person will take a look.',
  no_kb_match: 'We had no reliable answer at hand, so a person will look into it.',
  model_unavailable: 'Our assistant is not available right now, so a person will answer you.',
  repeated_failure: 'Our assistant could not settle this, so a person will take over.',
  loop_guard: 'This has gone back and forth enough. A person will take over.',
  delivery_failed: 'A reply of ours did not reach you, so a person will look into it.',
};

/** The same reasons, said to staff. */
export const REASON: Readonly<Record<EscalationReason, string>> = {
  danger: 'Somebody in danger',
  company_topic: 'Topic of the company',
  pricing: 'Pricing',
  refund: 'Refund',
  legal: 'Legal',
  human_request: 'Asked for a person',
  negative_sentiment: 'Upset customer',
  no_kb_match: 'No article found',
  model_unavailable: 'Model unavailable',
  repeated_failure: 'Repeated failure',
  loop_guard: 'Loop guard',
  delivery_failed: 'Reply not delivered',
};
