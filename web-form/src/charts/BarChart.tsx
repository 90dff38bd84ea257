'use client';

import { useMemo } from 'react';

import { barData, barOptions, type BarFigures, type Bars, type BarStyle, type Look } from './options';
import { Plot } from './Plot';

interface BarChartProps extends BarFigures, BarStyle {
  title: string;
}

/** Bars for one or two series over named groups, with a legend when there are two. */
export function BarChart({ title, groups, series, format, range, isHorizontal = false }: BarChartProps) {
  // Polling brings equal figures in new objects: only figures that differ draw anew.
  const figures = JSON.stringify({ groups, series, range });
  const { data, optionsFor } = useMemo(() => {
    const chart = JSON.parse(figures) as BarFigures;
    return {
      data: barData(chart),
      optionsFor: (look: Look, bars: Bars) => barOptions(chart, { format, isHorizontal }, look, bars),
    };
  }, [figures, format, isHorizontal]);

  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{title}</span>
        {series.length > 1 ? (
          <span className="legend">
            {series.map(({ label }, index) => (
              <span key={label} className={`legend-item legend-${index + 1}`}>
                {label}
              </span>
            ))}
          </span>
        ) : null}
      </figcaption>
      <Plot optionsFor={optionsFor} data={data} label={`${title}, as bars. The figures are in the table.`} />
    </figure>
  );
}
