/** Lists the pages of the console, in the order of its bar. */
import { lazy, type ComponentType } from 'react';

import type { Role } from '../api/staff';
import { AlertCount } from './alerts/AlertCount';
import { DraftCount } from './drafts/DraftCount';

export interface PageProps {
  /** What follows the page in the address: '42' in '#/queue/42'. */
  id: string | undefined;
}

export interface ConsolePage {
  /** In the address: '#/queue'. */
  path: string;
  title: string;
  /** The least role that it is for. */
  least: Role;
  /** Fetched when the page is first shown. */
  Page: ComponentType<PageProps>;
  /** Shown beside the title in the bar. */
  Badge?: ComponentType;
}

export const FIRST_PAGE: ConsolePage = { path: 'queue', title: 'Queue', least: 'viewer', Page: lazy(() => import('./queue/QueuePage')) };

export const PAGES: readonly ConsolePage[] = [
  FIRST_PAGE,
  { path: 'macros', title: 'Macros', least: 'viewer', Page: lazy(() => import('./macros/MacrosPage')) },
  { path: 'drafts', title: 'Drafts', least: 'viewer', Page: lazy(() => import('./drafts/DraftsPage')), Badge: DraftCount },
  { path: 'dead-letters', title: 'Dead letters', least: 'viewer', Page: lazy(() => import('./dead-letters/DeadLettersPage')) },
  { path: 'knowledge', title: 'Knowledge', least: 'viewer', Page: lazy(() => import('./knowledge/KnowledgePage')) },
  { path: 'company', title: 'Company', least: 'admin', Page: lazy(() => import('./company/CompanyPage')) },
  { path: 'going-live', title: 'Going live', least: 'admin', Page: lazy(() => import('./going-live/GoingLivePage')) },
  { path: 'digest', title: 'Digest', least: 'viewer', Page: lazy(() => import('./digest/DigestPage')) },
  { path: 'metrics', title: 'Metrics', least: 'viewer', Page: lazy(() => import('./metrics/MetricsPage')) },
  { path: 'alerts', title: 'Alerts', least: 'viewer', Page: lazy(() => import('./alerts/AlertsPage')), Badge: AlertCount },
  { path: 'audit', title: 'Audit log', least: 'admin', Page: lazy(() => import('./audit/AuditPage')) },
  { path: 'accounts', title: 'Accounts', least: 'admin', Page: lazy(() => import('./accounts/AccountsPage')) },
];
