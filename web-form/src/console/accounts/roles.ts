/** Says in a line what each role may do. */
import type { Role } from '../../api/staff';

export const ROLE_OPTIONS: readonly (readonly [Role, string])[] = [
  ['viewer', 'Viewer: reads'],
  ['agent', 'Agent: answers customers'],
  ['editor', 'Editor: also writes articles'],
  ['admin', 'Administrator: everything'],
];
