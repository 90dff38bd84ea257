'use client';

import { createContext, useContext } from 'react';

import { CHANNEL } from '../../api/names';
import type { Schemas } from '../../api/types';
import { asList, asObject, asText, type Json, type JsonObject, type Schema } from './profileSchema';

interface ProfileForm {
  schema: Schema;
  form: Schemas['CompanyForm'];
  document: JsonObject;
  faults: Readonly<Record<string, string>>;
}

export const ProfileFormContext = createContext<ProfileForm | null>(null);

/** What every field of the form may need of the rest. */
export function useProfileForm(): ProfileForm {
  const found = useContext(ProfileFormContext);
  if (!found) throw new Error('useProfileForm is for the fields of a profile');
  return found;
}

/** The keys that a table offers, each with its words. What is set already is never hidden. */
export function useTableKeys(part: Schema, value: JsonObject): readonly (readonly [string, string])[] {
  const { document } = useProfileForm();
  const offered: readonly (readonly [string, string])[] = part.propertyNames?.enum
    ? part.propertyNames.enum.map((key) => [key, capitalised(key)] as const)
    : part.propertyNames?.format === 'channel'
      ? Object.entries(CHANNEL)
      : part.propertyNames?.format === 'topic'
        ? topics(document)
        : languages(document).map((code) => [code, languageName(code)] as const);
  const others = Object.keys(value).filter((key) => !offered.some(([known]) => known === key));
  return [...offered, ...others.map((key) => [key, key] as const)];
}

/** The company's languages, the first one its default. */
export function languages(document: JsonObject): string[] {
  const found = asList(document.languages).map(asText).filter(Boolean);
  return found.length > 0 ? found : ['en'];
}

export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

function topics(document: JsonObject): (readonly [string, string])[] {
  return asList(document.topics)
    .map((topic: Json) => asObject(topic))
    .filter(({ id }) => id)
    .map(({ id, label }) => [asText(id), asText(label) || asText(id)] as const);
}

export const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).replaceAll('_', ' ');
