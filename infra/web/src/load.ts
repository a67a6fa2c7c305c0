// What a region of the page shows: the answer of one GET, kept while a newer one is on its way.
import { useEffect, useRef, useState } from "preact/hooks";
import { Failed, read, unreached } from "./api.ts";

export interface Loaded<T> {
  data: T | undefined;
  failed: Failed | null;
  /** Another answer is on its way; a newer one to the same question comes quietly. */
  busy: boolean;
  again: () => void;
}

type Reader<T> = (path: string, signal?: AbortSignal) => Promise<T>;

/** Loads `path` and loads it anew when it changes, when `version` changes, and when the server is reached again. */
export function useLoad<T>(path: string | null, version: unknown = 0, reader: Reader<T> = read): Loaded<T> {
  const [state, set] = useState<{ data?: T; failed: Failed | null; busy: boolean }>({ failed: null, busy: true });
  const [tries, setTries] = useState(0);
  const again = useRef(() => setTries((count) => count + 1)).current;
  const asked = useRef<string | null>(null);
  const missed = state.failed?.status === 0 && !unreached.value;

  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    const quiet = asked.current === path;
    asked.current = path;
    set((before) => ({ ...before, busy: before.failed !== null || !quiet }));
    reader(path, stop.signal).then(
      (data) => stop.signal.aborted || set({ data, failed: null, busy: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof Failed)) throw error;
        set((before) => ({ ...before, failed: error, busy: false }));
      },
    );
    return () => stop.abort();
  }, [path, version, tries]);
  useEffect(() => {
    if (missed) again();
  }, [missed]);
  return { data: state.data, failed: state.failed, busy: state.busy && path !== null, again };
}

/** The value once it has rested, so that what is typed is not asked for letter by letter. */
export function useRested<T>(value: T, rest_ms = 250): T {
  const [rested, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), rest_ms);
    return () => clearTimeout(timer);
  }, [value, rest_ms]);
  return rested;
}
