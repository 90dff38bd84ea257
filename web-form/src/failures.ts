/** Says to customers what happened when a call failed, and what to do now. */
import type { ApiError } from './api/errors';
import { company } from './api/company';

export interface FailureWords {
  title: string;
  advice: string;
  /** Null when one may try again at once. */
  retryAfterSeconds: number | null;
}

/** `repeatInSeconds`: when the page sends it again by itself; null when it does not. */
export type Explain = (error: ApiError, repeatInSeconds?: number | null) => FailureWords;

const KEPT = 'Your text is still here.';
const THROTTLED_SECONDS = 60;

function waitWords(seconds: number | null): string {
  if (!seconds) return 'in a minute';
  if (seconds < 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `in about ${Math.round(seconds / 60)} minutes`;
}

const repeatWords = (seconds: number): string =>
  `This page sends it again by itself ${waitWords(seconds)}; keep it open. If you change your text, send it yourself.`;

export const explainFailure: Explain = (error, repeatInSeconds = null) => {
  const wait = error.retryAfterSeconds;
  const { email } = company().addresses;
  const mail = email ? `or write to ${email}` : 'or write to us by e-mail';
  const say = (title: string, advice: string, retryAfterSeconds: number | null = null): FailureWords => ({
    title,
    advice,
    retryAfterSeconds,
  });
  switch (error.kind) {
    case 'network': {
      const next = repeatInSeconds ? repeatWords(repeatInSeconds) : `Check your connection and send it again, ${mail}.`;
      return say('We could not be reached', `${next} ${KEPT}`);
    }
    case 'timeout': {
      const next = repeatInSeconds ? repeatWords(repeatInSeconds) : 'Send it again.';
      return say('No answer in time', `It is counted once, even if the first try got through. ${next} ${KEPT}`);
    }
    case 'invalid':
      return say('Something needs correcting', error.detail || 'Please look over what you entered and send it again.');
    case 'too_large':
      return say('That is too long to send', `Shorten the message and send it again, ${mail} with the details attached. ${KEPT}`);
    case 'challenged': {
      const next = repeatInSeconds ? repeatWords(repeatInSeconds) : `Please send it again, ${mail}.`;
      return say('We get very many requests at the moment', `Your browser could not show us in time that yours is no flood. ${next} ${KEPT}`);
    }
    case 'throttled': {
      const next = repeatInSeconds ? repeatWords(repeatInSeconds) : `Please send it again ${waitWords(wait)}.`;
      return say('That was a lot in a short time', `${next} ${KEPT}`, wait ?? THROTTLED_SECONDS);
    }
    case 'unavailable': {
      const next = repeatInSeconds ? repeatWords(repeatInSeconds) : `Please try again ${waitWords(wait)}, ${mail}.`;
      return say('We are having trouble at the moment', `We may have it already; it is counted once. ${next} ${KEPT}`, wait);
    }
    case 'absent':
      return say('Not found', `This request could not be found. Check the link, ${mail}.`);
    default:
      return say('Something went wrong on our side', `Please send it again, ${mail}. ${KEPT}`, wait);
  }
};
