/** Gives the words that people read for the codes of the API. A code that the API gains and that is missing here is a type error. */
import type { Category, EscalationReason, Priority, TicketStatus } from './api/types';

export type Words = Readonly<Record<string, string>>;
export type Tone = 'info' | 'warning' | 'accent' | 'success' | 'neutral' | 'danger';

export const CATEGORY: Readonly<Record<Category, string>> = {
  general: 'General question',
  technical: 'Technical problem',
  billing: 'Billing',
  bug_report: 'Report a bug',
  feedback: 'Feedback',
};

export const PRIORITY: Readonly<Record<Priority, string>> = { low: 'Low', medium: 'Medium', high: 'High', urgent: 'Urgent' };

export const STATUS: Readonly<Record<TicketStatus, string>> = {
  open: 'Received',
  in_progress: 'In progress',
  waiting_customer: 'Waiting for you',
  escalated: 'With our team',
  resolved: 'Resolved',
  closed: 'Closed',
};

export const STAFF_STATUS: Readonly<Record<TicketStatus, string>> = {
  open: 'Open',
  in_progress: 'In progress',
  waiting_customer: 'Waiting for customer',
  escalated: 'Escalated',
  resolved: 'Resolved',
  closed: 'Closed',
};

export const STATUS_TONE: Readonly<Record<TicketStatus, Tone>> = {
  open: 'info',
  in_progress: 'info',
  waiting_customer: 'warning',
  escalated: 'accent',
  resolved: 'success',
  closed: 'neutral',
};

export { CHANNEL } from './api/channels';

/** Why a person takes over, said to the customer. */
export const HANDOVER: Readonly<Record<EscalationReason, string>> = {
  pricing: 'Prices and plans are answered by our team, so that you get a figure you can rely on.',
  refund: 'Refunds are decided by a person on our team.',
  legal: 'This is something a person on our team has to answer.',
  human_request: 'You asked for a person, and we passed everything on.',
  negative_sentiment: 'We can tell this has been frustrating. A person is taking a look.',
  no_kb_match: 'We had no reliable answer at hand, so a person is looking into it.',
  model_unavailable: 'Our assistant is not available right now, so a person will answer you.',
  repeated_failure: 'Our assistant could not settle this, so a person is taking over.',
  loop_guard: 'This has gone back and forth enough. A person is taking over.',
  delivery_failed: 'A reply of ours did not reach you, so a person is looking into it.',
};

export const HANDOVER_DEFAULT = 'A person on our team is looking after your request.';

/** The same reasons, said to staff. */
export const REASON: Readonly<Record<EscalationReason, string>> = {
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

/** Said wherever staff see or answer somebody whose address is only claimed. */
export const NOT_PROVEN = 'Address not proven';

/** A code the page does not know yet is shown readable rather than hidden. */
export function wordFor(words: Words, code: string | null | undefined): string {
  if (!code) return '';
  const known = Object.hasOwn(words, code) ? words[code] : undefined;
  if (known !== undefined) return known;
  const text = code.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
