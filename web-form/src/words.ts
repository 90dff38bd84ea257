/** Gives the words that people read for the codes of the API. A code that the API gains and that is missing here is a type error. */
import type { Category, ConversationState, Priority, Schemas, TicketStatus } from './api/types';

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

/** What the customer reads: nobody is said to be on it before somebody is. */
export const STATE: Readonly<Record<ConversationState, string>> = {
  waiting_for_us: 'Received',
  waiting_for_person: 'Waiting for a person',
  with_person: 'With a person',
  waiting_for_customer: 'Waiting for you',
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

/** What staff read: whose turn it is. */
export const STAFF_STATE: Readonly<Record<ConversationState, string>> = {
  waiting_for_us: 'With the assistant',
  waiting_for_person: 'Waiting for a person',
  with_person: 'Waiting for its owner',
  waiting_for_customer: 'Waiting for customer',
  resolved: 'Resolved',
  closed: 'Closed',
};

export const NEXT_MOVE: Readonly<Record<Schemas['NextMove'], string>> = {
  agent: 'The assistant’s turn',
  anyone: 'Anybody’s turn',
  owner: 'The owner’s turn',
  customer: 'The customer’s turn',
  nobody: 'Settled',
};

export const STATUS_TONE: Readonly<Record<TicketStatus | ConversationState, Tone>> = {
  waiting_for_us: 'info',
  waiting_for_person: 'accent',
  with_person: 'info',
  waiting_for_customer: 'warning',
  open: 'info',
  in_progress: 'info',
  waiting_customer: 'warning',
  escalated: 'accent',
  resolved: 'success',
  closed: 'neutral',
};

export { CHANNEL, HANDOVER, REASON } from './api/names';

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
