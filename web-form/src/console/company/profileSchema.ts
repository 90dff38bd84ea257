/** Reads the profile's JSON Schema: which kind of field each value needs, and where a value stands. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The part of JSON Schema that the profile's document uses. */
export interface Schema {
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  default?: Json;
  enum?: readonly string[];
  anyOf?: readonly Schema[];
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: { format?: string; enum?: readonly string[] };
  maxLength?: number;
  minimum?: number;
}

/** Which field a value needs. */
export type Kind =
  | 'line'
  | 'lines'
  | 'colour'
  | 'choice'
  | 'switch'
  | 'number'
  | 'spans'
  | 'list'
  | 'choices'
  | 'object'
  | 'objects'
  | 'table'
  | 'line-or-table'
  | 'overrides';

const LONGEST_LINE = 300;

/** Follows a reference into `$defs`; what stands beside it (title, description) wins. */
export function resolve(part: Schema, root: Schema): Schema {
  if (!part.$ref) return part;
  const found = root.$defs?.[part.$ref.split('/').at(-1) ?? ''] ?? {};
  const { $ref: _, ...own } = part;
  return { ...found, ...own };
}

export function kindOf(part: Schema): Kind {
  if (part.anyOf) {
    const [first, second] = part.anyOf.filter(({ type }) => type !== 'null');
    return second ? 'line-or-table' : kindOf(first ?? {});
  }
  if (part.enum) return 'choice';
  switch (part.type) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      if (part.items?.format === 'span') return 'spans';
      if (part.items?.enum || part.items?.format === 'channel') return 'choices';
      return part.items?.$ref ? 'objects' : 'list';
    case 'object':
      if (part.properties) return 'object';
      return tableOf(part).propertyNames?.format === 'text-key' ? 'overrides' : 'table';
    default:
      if (part.format === 'colour') return 'colour';
      return part.format === 'lines' || (part.maxLength ?? 0) > LONGEST_LINE ? 'lines' : 'line';
  }
}

/** The schema of a table's values. */
export function tableOf(part: Schema): Schema {
  return typeof part.additionalProperties === 'object' ? part.additionalProperties : {};
}

/** Whether all of the value stands in one control. */
export function isLeaf(kind: Kind): boolean {
  return !['object', 'objects', 'table', 'overrides', 'line-or-table'].includes(kind);
}

export const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

export const asText = (value: Json | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** The object with another value under `key`; undefined leaves the key out. */
export function withKey(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [key]: value };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** Undefined for an object without keys, which says the same as none. */
export const unlessEmpty = (object: JsonObject): JsonObject | undefined => (Object.keys(object).length > 0 ? object : undefined);

/** Why the value at `path`, or anything below it, was refused; '' if it was not. */
export function faultAt(faults: Readonly<Record<string, string>>, path: string): string {
  return faults[path] ?? Object.entries(faults).find(([field]) => field.startsWith(`${path}.`))?.[1] ?? '';
}

/** `mine` on top of `theirs`: each key that only one side changed since `basis` is taken from it. */
export function mergeProfiles(basis: JsonObject, theirs: JsonObject, mine: JsonObject): { merged: JsonObject; both: string[] } {
  const same = (one: Json | undefined, other: Json | undefined) => JSON.stringify(one) === JSON.stringify(other);
  const both: string[] = [];
  let merged = theirs;
  for (const key of new Set([...Object.keys(basis), ...Object.keys(theirs), ...Object.keys(mine)])) {
    if (same(mine[key], basis[key]) || same(mine[key], theirs[key])) continue;
    if (!same(theirs[key], basis[key])) both.push(key);
    merged = withKey(merged, key, mine[key]);
  }
  return { merged, both };
}

/** The top-level keys that two profiles hold different values for. */
export function differingKeys(one: JsonObject, other: JsonObject): string[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}
