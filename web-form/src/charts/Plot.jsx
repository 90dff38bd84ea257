'use client';

import { useEffect, useRef } from 'react';

function readLook(element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    colors: {
      first: token('--chart-1'),
      second: token('--chart-2'),
      text: token('--text-muted'),
      grid: token('--line'),
    },
    font: `12px ${style.fontFamily}`,
  };
}

/**
 * Draws with uPlot, which is fetched when the first chart is shown. `optionsFor({width, height,
 * colors, font, bars})` and `data` must keep their identity until the figures change. `label` is
 * what a screen reader hears; the figures themselves belong into a table beside it.
 */
export function Plot({ optionsFor, data, label, className = 'plot' }) {
  const host = useRef(null);

  useEffect(() => {
    // Without layout (no ResizeObserver) there is nothing to draw into.
    if (typeof ResizeObserver === 'undefined') return undefined;
    const element = host.current;
    const darkness = window.matchMedia('(prefers-color-scheme: dark)');
    let plot;
    let isGone = false;

    const draw = async () => {
      const { default: UPlot } = await import('uplot');
      if (isGone) return;
      plot?.destroy();
      const size = { width: element.clientWidth, height: element.clientHeight };
      plot = new UPlot(optionsFor({ ...size, ...readLook(element), bars: UPlot.paths.bars }), data, element);
    };
    const resize = new ResizeObserver(() => {
      plot?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });

    draw();
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
