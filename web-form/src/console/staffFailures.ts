/** Says to staff what happened when a call failed. */
import type { Explain, FailureWords } from '../failures';

export const explainStaffFailure: Explain = (error) => {
  const wait = error.retryAfterSeconds;
  const say = (title: string, advice: string, retryAfterSeconds: number | null = null): FailureWords => ({
    title,
    advice,
    retryAfterSeconds,
  });
  switch (error.kind) {
    case 'conflict':
      if (error.questions.length > 0) return say('Not published', error.detail);
      return error.ownerName
        ? say(`${error.ownerName} has this conversation`, 'Nothing was changed. It is shown here as it stands now.')
        : say('Somebody else was faster', error.detail || 'Nothing was changed. It is shown here as it stands now.');
    case 'network':
      return say('The server cannot be reached', 'Nothing is lost here. Check your connection and try again.');
    case 'timeout':
      return say('No answer in time', 'It may have got through: look at the conversation before you try again.');
    case 'throttled':
      return say('Too many calls', 'Wait for the countdown, then try again.', wait ?? 30);
    case 'unavailable':
      return say('The system is not available', 'The database or a stage is away. Try again shortly.', wait);
    case 'absent':
      return say('Not found', 'It was removed, or this server does not offer it.');
    case 'unauthorized':
      return say('You are signed out', 'Sign in again; what you wrote stays here.');
    case 'forbidden':
      return say('You may not do this', error.detail || 'Ask an administrator for the role that may.');
    case 'invalid':
      return say('Not accepted', error.detail || 'Look over what you entered.');
    default:
      return say('Something went wrong', error.detail || 'Try again. If it stays, look at the service logs.');
  }
};
