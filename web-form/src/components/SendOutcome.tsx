import type { FailureWords } from '../failures';
import { Notice } from './Notice';

interface SendOutcomeProps {
  failure: FailureWords | null;
  isSlow: boolean;
}

/** What stands in the way of a send: its failure, or that it takes long. */
export function SendOutcome({ failure, isSlow }: SendOutcomeProps) {
  return (
    <>
      {failure ? (
        <Notice tone="danger" title={failure.title}>
          {failure.advice}
        </Notice>
      ) : null}
      {isSlow ? (
        <Notice tone="info" title="This takes longer than usual">
          We are still trying. Please keep this page open; your text is safe.
        </Notice>
      ) : null}
    </>
  );
}
