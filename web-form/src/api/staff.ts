/** The client of the staff console: the browser carries the session in a cookie that no script can read. */
import { createClient, type Client, type ClientOptions } from './client';
import type { Schemas } from './types';

export type CreateStaffClient = (options?: ClientOptions) => Client;
export type Session = Schemas['SignedIn'];
export type Role = Session['role'];

export const createStaffClient: CreateStaffClient = ({ timeoutMs = 20_000, ...options } = {}) =>
  createClient({ ...options, timeoutMs });

/** Each role includes the ones before it. */
export const ROLES: readonly Role[] = ['viewer', 'agent', 'editor', 'admin'];

export const includes = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);
