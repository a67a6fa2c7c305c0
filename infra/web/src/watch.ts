// When data on the page has become old: a number that changes with what the live request sees.
import { useEffect, useRef, useState } from "preact/hooks";
import { live } from "./live.ts";

/** Changes when a connection changes its state, or a sync its; and with `each`, when any day of them is done. */
export function useMoved({ each = false } = {}): string {
  const first = useRef<string | null>(null);
  const now = live.value;
  if (!now) return "";
  const states = now.connections.map(({ id, state }) => `${id} ${state}`);
  // Figures arrive a day at a time; every fifth day is often enough for those who watch.
  const syncs = now.syncs.map(({ id, state, days_done }) => `${id} ${state} ${each ? days_done : Math.floor(days_done / 5)}`);
  const seen = [...states, ...syncs].join();
  // The first look finds things as they are: what was loaded beside it is not old.
  first.current ??= seen;
  return seen === first.current ? "" : seen;
}

/** False at first, and true once the browser has painted what stood there: for what is below the first screen of a phone. */
export function usePainted(): boolean {
  const [painted, set] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setTimeout(() => set(true)));
    return () => cancelAnimationFrame(frame);
  }, []);
  return painted;
}
