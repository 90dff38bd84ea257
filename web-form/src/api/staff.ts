/** The client of the staff console, which sends the staff key with every call. */
import { createClient, type Client, type ClientOptions } from './client';

export interface StaffClientOptions extends Omit<ClientOptions, 'headers'> {
  key: string;
}

export type CreateStaffClient = (options: StaffClientOptions) => Client;

export const createStaffClient: CreateStaffClient = ({ key, timeoutMs = 20_000, ...options }) =>
  createClient({ ...options, timeoutMs, headers: { Authorization: `Bearer ${key}` } });
