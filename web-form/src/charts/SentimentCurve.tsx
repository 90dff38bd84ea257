'use client';

import { useMemo } from 'react';

import { curveOptions, type Look } from './options';
import { Plot } from './Plot';

/** How the customer's mood went, message by message. */
export function SentimentCurve({ scores }: { scores: readonly number[] }) {
  const figures = JSON.stringify(scores);
  const { data, optionsFor } = useMemo(() => {
    const values = JSON.parse(figures) as number[];
    return {
      data: [values.map((_, index) => index), values] as [number[], number[]],
      optionsFor: (look: Look) => curveOptions(values.length, look),
    };
  }, [figures]);
  const said = scores.map((score) => score.toFixed(2)).join(', ');
  return <Plot className="plot plot-small" optionsFor={optionsFor} data={data} label={`Sentiment by message, from 0 to 1: ${said}`} />;
}
