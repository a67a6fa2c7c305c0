// What moves by itself: one conditional request, asked again as often as the server says and only while somebody looks.
import { signal } from "@preact/signals";
import type { LiveOut } from "./wire.d.ts";
import { Failed, ask, session } from "./api.ts";
import { asked } from "./router.ts";

const POLL_MAX_S = 60;
const SPREAD = 0.2;

export const live = signal<LiveOut | null>(null);

/** The time, as far as words such as "12 min ago" need it. */
export const now = signal(new Date());
const TICK_MS = 20_000;

/** True once the first look has ended, whatever it brought. */
export const looked = signal(false);

let etag = "";
let after = "";
let errors = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** From now on `activity_new` counts what comes after this moment. */
export function markSeen(): void {
  after = live.value?.cursor ?? "";
  if (live.value) live.value = { ...live.value, activity_new: 0 };
}

/** Looks at once, and goes on looking; after a change of ours there is something to see soon. */
export function look(): void {
  clearTimeout(timer);
  void poll();
}

/** Starts when somebody signs in, stops when they are gone or look elsewhere. */
export function keepLooking(): void {
  session.subscribe((somebody) => {
    if (somebody) return look();
    clearTimeout(timer);
    [etag, after, live.value] = ["", "", null];
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  addEventListener("online", look);
  setInterval(() => (now.value = new Date()), TICK_MS);
}

async function poll(): Promise<void> {
  if (!session.peek() || document.hidden) return;
  try {
    const answer = await ask(asked("/live", { after }), { headers: etag ? { "If-None-Match": etag } : {} });
    errors = 0;
    if (answer.status === 200) {
      etag = answer.headers.get("ETag") ?? "";
      live.value = (await answer.json()) as LiveOut;
    }
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    errors += 1;
  }
  looked.value = true;
  clearTimeout(timer);
  timer = setTimeout(() => void poll(), wait_ms());
}

function wait_ms(): number {
  const wanted_s = (live.value?.poll_after_s ?? 2) * 2 ** errors;
  return Math.min(wanted_s, POLL_MAX_S) * 1000 * (1 - SPREAD + 2 * SPREAD * Math.random());
}
