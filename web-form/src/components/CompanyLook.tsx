'use client';

import { useEffect } from 'react';

import { useCompany } from '../api/company';

/** Puts the company's name into the window's title and its colour into the theme. */
export function CompanyLook() {
  const { product, colour } = useCompany();

  useEffect(() => {
    const [page] = document.title.split(' · ');
    document.title = page === 'Support' || page === product ? product : `${page} · ${product}`;
  }, [product]);

  useEffect(() => {
    const root = document.documentElement;
    if (colour) {
      root.style.setProperty('--brand', colour);
      root.style.setProperty('--on-brand', isDark(colour) ? '#fff' : '#000');
    } else {
      root.style.removeProperty('--brand');
      root.style.removeProperty('--on-brand');
    }
  }, [colour]);

  return null;
}

/** By relative luminance (WCAG 2.2), so that a letter on the colour can be read. */
function isDark(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}
