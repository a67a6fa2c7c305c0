// What is typed outlives a session that ends meanwhile, for the one who typed it.
import { useEffect, useState } from "preact/hooks";
import { expired, session } from "./api.ts";

const kept = new Map<string, unknown>();

/** State that is still there after signing in again, and gone once its page is left. It stays in memory, so that secrets may be in it. */
export function useKept<T>(name: string, initial: T): readonly [T, (value: T) => void] {
  const [key] = useState(`${session.value?.user.id} ${name}`);
  const [value, set] = useState<T>(kept.has(key) ? (kept.get(key) as T) : initial);
  useEffect(() => {
    kept.set(key, value);
    return () => void (expired.value || kept.delete(key));
  }, [key, value]);
  return [value, set];
}
