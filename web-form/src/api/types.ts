/** Short names for what the API speaks of. */
import type { components } from './schema';

export type Schemas = components['schemas'];

export type Category = Schemas['Category'];
export type Company = Schemas['CompanyPublic'];
export type Channel = Schemas['Channel'];
export type ConversationState = Schemas['Shown'];
export type EscalationReason = Schemas['EscalationReason'];
export type Priority = Schemas['Priority'];
export type SupportRequest = Schemas['SupportForm'];
export type Ticket = Schemas['TicketView'];
export type TicketStatus = Schemas['TicketStatus'];
