// Addresses of the page. The state of every view lives in its address, so that Back and a copied link restore it.
import { computed, signal } from "@preact/signals";

const base = document.querySelector<HTMLMetaElement>('meta[name="base"]')?.content ?? "";
const address = signal(read());

export const path = computed(() => address.value.path);
export const query = computed(() => address.value.query);

export type Query = Readonly<Record<string, string | readonly string[] | null | undefined>>;

function read() {
  const path = location.pathname.slice(base.length) || "/";
  return { path, query: new URLSearchParams(location.search) };
}

/** A path with a query; empty values are left out. */
export function asked(path: string, query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) if (one !== "") words.append(name, one);
  }
  return path + (words.size ? `?${words}` : "");
}

/** The address of one of our own paths, below the stage's prefix. */
export const to = (path: string, query: Query = {}): string => base + asked(path, query);

let at = Number(history.state?.at ?? 0);
let guard: ((leave: () => void) => void) | null = null;

/** From now on `asks` is called before the page is left, and leaves or stays; null asks no more. */
export function guardLeaving(asks: typeof guard): void {
  guard = asks;
}

/** Goes to an address made by `to`. Redirects (`replace`) ask nobody. */
export function go(url: string, how: { replace?: boolean } = {}): void {
  const moved = new URL(url, location.href).pathname !== location.pathname;
  if (moved && guard && !how.replace) return guard(() => ((guard = null), go(url, how)));
  at = how.replace ? at : at + 1;
  history[how.replace ? "replaceState" : "pushState"]({ at }, "", url);
  address.value = read();
  if (moved && !how.replace) scrollTo(0, 0);
}

/** The same path with some of its query changed. */
export function turned(changes: Query): string {
  const names = new Set([...query.value.keys(), ...Object.keys(changes)]);
  const merged = [...names].map((name) => [name, name in changes ? changes[name] : query.value.getAll(name)]);
  return to(path.value, Object.fromEntries(merged));
}

/** Where to go after signing in: one of our own paths, whatever the address says. */
export function next(): string {
  try {
    const { origin, pathname, search } = new URL(query.value.get("next") || "/", location.origin);
    // A path of two slashes, as of `/.//shop.example`, would lead to another host again.
    if (origin === location.origin && !pathname.startsWith("//")) return base + pathname + search;
  } catch {
    // no address at all
  }
  return to("/");
}

/** The parts of a path that fit a pattern such as `/orders/:id`, or null. */
export function fits(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [at, word] of wanted.entries()) {
    const one = given[at] ?? "";
    if (word.startsWith(":") && one) {
      try {
        parts[word.slice(1)] = decodeURIComponent(one);
      } catch {
        return null; // typed or cut by hand
      }
    } else if (word !== one) return null;
  }
  return parts;
}

/** Back and on. A guarded page is returned to first, and left once it says so. */
function moveBy(event: PopStateEvent): void {
  const reached = Number(event.state?.at ?? 0);
  const steps = reached - at;
  if (guard && steps && location.pathname !== base + path.value) {
    const asks = guard;
    history.go(-steps);
    return asks(() => ((guard = null), history.go(steps)));
  }
  at = reached;
  address.value = read();
}

/** Plain clicks on our own links change the page without loading it; all others stay the browser's. */
export function followLinks(): void {
  addEventListener("popstate", moveBy);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(link.href);
  });
}
