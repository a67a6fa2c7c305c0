// The keyboard: keys that open and go, and which of them are on. Keys of one letter can be turned off (WCAG 2.1.4).
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { session } from "./api.ts";
import { go, to } from "./router.ts";

/** What stands over the page: the command menu, or the list of keys. */
export const over = signal<"commands" | "shortcuts" | null>(null);

const STORED = "single-keys";
export const singleKeys = signal(localStorage.getItem(STORED) !== "off");

/** Remembered in this browser. */
export function turnSingleKeys(on: boolean): void {
  singleKeys.value = on;
  localStorage.setItem(STORED, on ? "on" : "off");
}

export const ON_A_MAC = /Mac|iP(hone|ad)/.test(navigator.userAgent);

/** After `g`. */
export const PLACES: Readonly<Record<string, readonly [place: string, name: string]>> = {
  d: ["/", "Dashboard"],
  o: ["/orders", "All orders"],
  r: ["/reports/sales", "Reports"],
  c: ["/connections", "Connections"],
  a: ["/activity", "Sync activity"],
  u: ["/usage", "Usage"],
};
const GO_MS = 1500;

type Move = (steps: -1 | 1) => void;
let movePeriod: Move | null = null;

/** While the page that calls it is shown, `[` and `]` move its period back and on. */
export function usePeriodKeys(move: Move): void {
  const latest = useRef(move);
  latest.current = move;
  useEffect(() => {
    const mine: Move = (steps) => latest.current(steps);
    movePeriod = mine;
    return () => {
      if (movePeriod === mine) movePeriod = null;
    };
  }, []);
}

export function listenToKeys(): void {
  let going = 0;
  session.subscribe((now) => {
    if (!now) over.value = null; // it does not wait for the next one who signs in
  });
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || !session.peek()) return;
    if (isMenuKey(event)) {
      event.preventDefault();
      if (!isCovered()) over.value = "commands";
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || !singleKeys.peek() || isTypedInto(event.target) || isCovered()) return;
    const place = event.timeStamp < going ? PLACES[event.key] : undefined;
    going = event.key === "g" ? event.timeStamp + GO_MS : 0;
    if (place) go(to(place[0]));
    else if (!actOn(event.key)) return;
    event.preventDefault();
  });
}

/** What a key of one letter does; false if it does nothing here. */
function actOn(key: string): boolean {
  switch (key) {
    case "?":
      over.value = "shortcuts";
      return true;
    case "/":
      return focusOn(searchField());
    case "j":
      return focusOn(rowBy(1));
    case "k":
      return focusOn(rowBy(-1));
    case "[":
    case "]":
      movePeriod?.(key === "[" ? -1 : 1);
      return !!movePeriod;
    default:
      return false;
  }
}

const isMenuKey = (event: KeyboardEvent): boolean => event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;

const isCovered = (): boolean => !!document.querySelector("dialog[open], [popover]:popover-open");

/** Where letters are text, or choose an option. */
const isTypedInto = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])"));

const isSeen = (element: HTMLElement): boolean => element.checkVisibility();

/** The page's own search, else the one of the bar. */
function searchField(): HTMLElement | undefined {
  return ["main", ".bar"].flatMap((where) => [...document.querySelectorAll<HTMLElement>(`${where} input[type=search]`)]).find(isSeen);
}

/** The link of the next row of the page's tables: Enter opens it, as it opens every link. */
function rowBy(step: -1 | 1): HTMLElement | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>("main tbody tr")].filter((row) => row.querySelector("a") && isSeen(row));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  return rows[next]?.querySelector("a") ?? undefined;
}

function focusOn(element: HTMLElement | undefined): boolean {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
  return !!element;
}
