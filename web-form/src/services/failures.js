/** What to tell people when a call fails: what happened, and what to do now. */
import brand from '../brand.json';

const KEPT = 'Your text is still here.';

function waitWords(seconds) {
  if (!seconds) return 'in a minute';
  if (seconds < 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `in about ${Math.round(seconds / 60)} minutes`;
}

/** Returns {title, advice, retryAfterSeconds}; `retryAfterSeconds` is null when one may retry at once. */
export function explainFailure(error) {
  const wait = error?.retryAfterSeconds ?? null;
  const mail = `or write to ${brand.supportEmail}`;
  switch (error?.kind) {
    case 'network':
      return {
        title: 'We could not be reached',
        advice: `Check your connection and send it again, ${mail}. ${KEPT}`,
        retryAfterSeconds: null,
      };
    case 'timeout':
      return {
        title: 'No answer in time',
        advice: `Send it again: it will be counted once, even if the first try got through. ${KEPT}`,
        retryAfterSeconds: null,
      };
    case 'invalid':
      return {
        title: 'Something needs correcting',
        advice: error.detail || 'Please look over what you entered and send it again.',
        retryAfterSeconds: null,
      };
    case 'too_large':
      return {
        title: 'That is too long to send',
        advice: `Shorten the message and send it again, ${mail} with the details attached. ${KEPT}`,
        retryAfterSeconds: null,
      };
    case 'throttled':
      return {
        title: 'That was a lot in a short time',
        advice: `Please send it again ${waitWords(wait)}. ${KEPT}`,
        retryAfterSeconds: wait ?? 60,
      };
    case 'unavailable':
      return {
        title: 'We are having trouble at the moment',
        advice: `It was not accepted yet. Please try again ${waitWords(wait)}, ${mail}. ${KEPT}`,
        retryAfterSeconds: wait,
      };
    case 'absent':
      return {
        title: 'Not found',
        advice: `This request could not be found. Check the link, ${mail}.`,
        retryAfterSeconds: null,
      };
    default:
      return {
        title: 'Something went wrong on our side',
        advice: `Please send it again, ${mail}. ${KEPT}`,
        retryAfterSeconds: wait,
      };
  }
}
