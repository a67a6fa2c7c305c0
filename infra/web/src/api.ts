// Requests to the JSON API. Every failure is a `Failed`, with what the server said or that it was not reached.
import { signal } from "@preact/signals";
import type { Problem, SessionOut } from "./wire.d.ts";
import { to } from "./router.ts";

/** Who is signed in: null before anyone is, undefined until that is known. */
export const session = signal<SessionOut | null | undefined>(undefined);

/** True once a session that we had was refused: the sign-in page says so. */
export const expired = signal(false);

/** Whose password was just replaced, and who signs in with it next: the sign-in page says so. */
export const renewed = signal<string | null>(null);
/** What the button to the identity provider says; empty where there is none. */
export const provider = document.querySelector<HTMLMetaElement>('meta[name="provider"]')?.content ?? "";

/** When the server was last reached; `unreached` is true while the last request got no answer. */
export const reachedAt = signal<Date | null>(null);
export const unreached = signal(false);

export class Failed extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> = {},
  ) {
    super(problem.detail || problem.title || (status ? "That did not work, and it is our fault." : "No connection."));
  }
  get fields(): Readonly<Record<string, string>> {
    return this.problem.fields ?? {};
  }
}

// A read that came too fast is asked once more if the wait is no longer.
const PAUSE_S_MAX = 2;

type Send = { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal };

/** The response of one request, its status 2xx or 304. */
export async function ask(path: string, send: Send = {}): Promise<Response> {
  const { method = "GET", body, headers = {}, signal } = send;
  const write = method !== "GET";
  const mine = session.peek();
  const init: RequestInit = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  if (write) init.headers = { ...init.headers, "Content-Type": "application/json", "X-Daybook": mine?.token ?? "1" };
  if (write && body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  let answer = await reach(to(`/v1${path}`), init);
  const pause_s = Number(answer.headers.get("Retry-After"));
  if (answer.status === 429 && !write && pause_s && pause_s <= PAUSE_S_MAX) {
    await new Promise((go) => setTimeout(go, pause_s * 1000));
    answer = await reach(to(`/v1${path}`), init);
  }
  if (answer.ok || answer.status === 304) return answer;
  const failed = new Failed(answer.status, await problemOf(answer));
  let over = answer.status === 401;
  // Another tab has signed in meanwhile. If that was the same person, this one goes on in their new session.
  if (mine && failed.problem.type === "other-session") {
    const now = await whoIsThere();
    over = now?.user.id !== mine.user.id;
    if (now && !over && now.token !== mine.token) {
      session.value = now;
      return ask(path, send);
    }
  }
  if (over && session.value) {
    expired.value = true;
    session.value = null;
  }
  throw failed;
}

/** The JSON of a GET. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, signal ? { signal } : {});
  return (await answer.json()) as T;
}

/** What was read, with the tag that guards a change of it. */
export interface Tagged<T> {
  data: T;
  etag: string;
}

/** The JSON of a GET with its `ETag`. */
export async function readTagged<T>(path: string, signal?: AbortSignal): Promise<Tagged<T>> {
  return tagged<T>(await ask(path, signal ? { signal } : {}));
}

/** Changes what was read as `etag`; fails with 412 when somebody was faster. */
export async function writeTagged<T>(method: "PATCH" | "PUT", path: string, body: unknown, etag: string): Promise<Tagged<T>> {
  return tagged<T>(await ask(path, { method, body, headers: etag ? { "If-Match": etag } : {} }));
}

const tagged = async <T>(answer: Response): Promise<Tagged<T>> => ({ data: (await answer.json()) as T, etag: answer.headers.get("ETag") ?? "" });

/** The JSON that a write answers with, if any. */
export async function write<T>(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const answer = await ask(path, { method, body });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** Ends the session for a newer one: what asks for a recent sign-in is returned to with it, and with what was typed there. */
export async function signInAgain(): Promise<void> {
  expired.value = true;
  try {
    await write("DELETE", "/session");
  } catch (error) {
    if (!(error instanceof Failed)) throw error; // one that cannot be ended now ends by itself
  }
  session.value = null;
}

/** Asks who is signed in. */
export async function recall(): Promise<void> {
  session.value = await whoIsThere();
}

async function whoIsThere(): Promise<SessionOut | null> {
  try {
    return await read<SessionOut>("/session");
  } catch (error) {
    if (!(error instanceof Failed) || error.status !== 401) throw error;
    return null;
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const answer = await fetch(url, init);
    unreached.value = false;
    reachedAt.value = new Date();
    return answer;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    unreached.value = true;
    throw new Failed(0);
  }
}

async function problemOf(answer: Response): Promise<Partial<Problem>> {
  if (!answer.headers.get("Content-Type")?.includes("json")) return {};
  try {
    return (await answer.json()) as Partial<Problem>;
  } catch {
    return {};
  }
}
