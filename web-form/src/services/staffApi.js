/** The calls the staff console makes, all with the staff key. */
import { API_BASE } from './api';
import { createRequest } from './http';

function queryOf(filters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value) query.set(name, value);
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}

export function createStaffApi({ key, fetch: send, baseUrl = API_BASE, timeoutMs = 20_000 }) {
  const request = createRequest({ fetch: send, baseUrl, timeoutMs });
  const headers = { Authorization: `Bearer ${key}` };
  const get = (path, { signal } = {}) => request(path, { headers, signal });
  const post = (path, body = {}, more = {}) =>
    request(path, { method: 'POST', headers: { ...headers, ...more }, body });
  const conversation = (id, act = '') => `/staff/conversations/${encodeURIComponent(id)}${act}`;
  const deadLetter = (id, act) => `/staff/dead-letters/${encodeURIComponent(id)}/${act}`;
  const candidate = (id, act) => `/knowledge/candidates/${encodeURIComponent(id)}/${act}`;

  return {
    listConversations: (filters, options) => get(`/staff/conversations${queryOf(filters)}`, options),
    getConversation: (id, options) => get(conversation(id), options),
    take: (id) => post(conversation(id, '/take')),
    release: (id) => post(conversation(id, '/release')),
    /** The same key with the same text is one reply, however often it is sent. */
    reply: (id, content, idempotencyKey) =>
      post(conversation(id, '/reply'), { content }, { 'Idempotency-Key': idempotencyKey }),
    resolve: (id, note) => post(conversation(id, '/resolve'), { note }),
    listDeadLetters: (options) => get('/staff/dead-letters', options),
    replayDeadLetter: (id) => post(deadLetter(id, 'replay')),
    discardDeadLetter: (id, reason) => post(deadLetter(id, 'discard'), { reason }),
    listCandidates: (options) => get('/knowledge/candidates', options),
    approveCandidate: (id, edits) => post(candidate(id, 'approve'), edits),
    rejectCandidate: (id, reason) => post(candidate(id, 'reject'), reason ? { reason } : {}),
    getMetrics: (period, options) => get(`/metrics/channels${queryOf({ period })}`, options),
    listAlerts: (options) => get('/alerts', options),
  };
}
