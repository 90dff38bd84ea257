'use client';

import { useEffect, useRef } from 'react';
import type UPlotChart from 'uplot';
import type { AlignedData, Options } from 'uplot';

import type { Bars, Look } from './options';

function readLook(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    colors: {
      first: token('--chart-1'),
      second: token('--chart-2'),
      text: token('--text-muted'),
      grid: token('--line'),
    },
    font: `12px ${style.fontFamily}`,
  };
}

interface PlotProps {
  optionsFor: (look: Look, bars: Bars) => Options;
  data: AlignedData;
  label: string;
  className?: string;
}

/**
 * Draws with uPlot, which is fetched when the first chart is shown. `optionsFor` and `data` must keep their identity until the figures change. `label` is
 * what a screen reader hears; the figures themselves belong into a table beside it.
 */
export function Plot({ optionsFor, data, label, className = 'plot' }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);

  useEffect(() => {
    // Without layout (no ResizeObserver) there is nothing to draw into.
    const element = host.current;
    if (!element || typeof ResizeObserver === 'undefined') return undefined;
    const darkness = window.matchMedia('(prefers-color-scheme: dark)');
    let plot: UPlotChart | undefined;
    let isGone = false;

    const draw = async () => {
      const { default: UPlot } = await import('uplot');
      if (isGone) return;
      plot?.destroy();
      const { bars } = UPlot.paths;
      if (bars) plot = new UPlot(optionsFor(readLook(element), bars), data, element);
    };
    const resize = new ResizeObserver(() => {
      plot?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });

    void draw();
    resize.observe(element);
    darkness.addEventListener('change', draw);
    return () => {
      isGone = true;
      resize.disconnect();
      darkness.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [optionsFor, data]);

  return <div ref={host} className={className} role="img" aria-label={label} />;
}
