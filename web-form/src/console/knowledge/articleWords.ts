/** Gives the words for an article's codes, and its editable fields. */
import type { Schemas } from '../../api/types';
import type { Tone } from '../../words';

export type Article = Schemas['ArticleDetail'];

export const STATE: Readonly<Record<Schemas['ArticleState'], string>> = {
  draft: 'Draft',
  published: 'Published',
  unpublished: 'Unpublished',
};
export const STATE_TONE: Readonly<Record<Schemas['ArticleState'], Tone>> = {
  draft: 'neutral',
  published: 'success',
  unpublished: 'warning',
};
export const LISTED = { ...STATE, expired: 'Expired', changed: 'Change waits' } as const;
export const ORIGIN: Readonly<Record<Schemas['Origin'], string>> = {
  written: 'Written here',
  learned: 'Learned from answers',
  upload: 'Uploaded',
  import: 'Imported',
  crawl: 'Help site',
};
export const VISIBILITY = { public: 'Everybody', internal: 'Staff only' } as const;
export const LANGUAGES = {
  en: 'English',
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  it: 'Italian',
  nl: 'Dutch',
  pt: 'Portuguese',
} as const;

/** What an editor may change, as text in the form's controls. */
export interface Fields {
  title: string;
  body: string;
  language: string;
  category: string;
  url: string;
  /** A day, or '' for none. */
  expires: string;
  visibility: 'public' | 'internal';
  isWhole: boolean;
}

export const EMPTY: Fields = {
  title: '',
  body: '',
  language: '',
  category: 'general',
  url: '',
  expires: '',
  visibility: 'public',
  isWhole: false,
};

export function fieldsOf(article: Article): Fields {
  return {
    title: article.title,
    body: article.body,
    language: article.language ?? '',
    category: article.category,
    url: article.url ?? '',
    expires: article.expires_at?.slice(0, 10) ?? '',
    visibility: article.visibility,
    isWhole: article.is_whole,
  };
}

export function bodyOf(fields: Fields) {
  return {
    title: fields.title.trim(),
    body: fields.body,
    language: fields.language || null,
    category: fields.category.trim() || 'general',
    url: fields.url.trim() || null,
    expires_at: fields.expires ? `${fields.expires}T00:00:00Z` : null,
    visibility: fields.visibility,
    is_whole: fields.isWhole,
  };
}

export const isSame = (one: Fields, other: Fields) => JSON.stringify(one) === JSON.stringify(other);
