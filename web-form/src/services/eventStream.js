/** Server-sent events read from a fetch body (EventSource can send no headers). */

/** Feeds chunks of text in, yields {event, data} as they are complete (HTML Standard, 9.2.6). */
export function createEventParser() {
  let rest = '';
  let event = 'message';
  let data = [];

  return function parse(chunk) {
    const events = [];
    rest += chunk;
    // A lone CR at the end may be the first half of CRLF: wait for what follows it.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ event, data: data.join('\n') });
        event = 'message';
        data = [];
        continue;
      }
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      if (field === 'data') data.push(value);
    }
    return events;
  };
}

/** Calls `onEvent` until the stream ends; rejects when nothing at all came for `silenceMs`. */
export async function readEvents(response, onEvent, { silenceMs }) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parse = createEventParser();
  try {
    for (;;) {
      let timer;
      const silence = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('silent stream')), silenceMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      for (const event of parse(decoder.decode(value, { stream: true }))) onEvent(event);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
