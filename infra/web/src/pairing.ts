// What was typed and found on the way to a new connection. Secrets are kept in memory alone, and only while somebody is pairing.
import { useEffect, useState } from "preact/hooks";
import type { CheckOut, KindField, KindOut } from "./wire.d.ts";
import { expired, session } from "./api.ts";

/** `found` is what the keys in `fields` open, null until they were tried as they stand now. */
export interface Attempt {
  fields: Readonly<Record<string, string>>;
  found: CheckOut | null;
  choice: Choice | null;
}

/** What is brought in of what was found. */
export interface Choice {
  name: string;
  stores: readonly string[];
  time_zone: string;
  currency: string;
}

const kept = new Map<string, Attempt>();

/** The attempt at one kind, and a way to change it. It outlives a session that ends meanwhile, for the one who made it. */
export function useAttempt(kind: KindOut): readonly [Attempt, (part: Partial<Attempt>) => void] {
  const [key] = useState(`${session.value?.user.id} ${kind.kind}`);
  const [, redraw] = useState(0);
  if (!kept.has(key)) {
    kept.clear();
    kept.set(key, { fields: remembered(kind), found: null, choice: null });
  }
  useEffect(() => () => void (expired.value || kept.delete(key)), [key]);
  const attempt = kept.get(key)!;
  return [
    attempt,
    (part) => {
      kept.set(key, { ...kept.get(key)!, ...part });
      if (part.fields) remember(kind, part.fields);
      redraw((times) => times + 1);
    },
  ];
}

/** Every field that the kind may ask for, each once: an address can be asked both for approval and beside keys. */
export const fieldsOf = ({ fields, key_fields }: KindOut): readonly KindField[] => [...fields, ...key_fields.filter(({ name }) => !fields.some((one) => one.name === name))];

/** The fields whose values are keys: those of a kind paired by keys, or what pasting keys asks instead of an approval. */
export const keyFieldsOf = (kind: KindOut): readonly KindField[] => (kind.auth === "key" ? kind.fields : kind.key_fields);

const storedAt = (kind: KindOut, name: string) => `pair ${kind.kind} ${name}`;

/** Addresses are still there after the way through the shop's own site. Of keys nothing is: no way leads off the page from them. */
const isStored = ({ auth, fields }: KindOut, field: KindField): boolean => auth !== "key" && !field.secret && fields.some(({ name }) => name === field.name);

const remembered = (kind: KindOut): Record<string, string> =>
  Object.fromEntries(fieldsOf(kind).map((field) => [field.name, (isStored(kind, field) && sessionStorage.getItem(storedAt(kind, field.name))) || field.default]));

function remember(kind: KindOut, values: Attempt["fields"]): void {
  for (const field of fieldsOf(kind)) if (isStored(kind, field)) sessionStorage.setItem(storedAt(kind, field.name), values[field.name] ?? "");
}
