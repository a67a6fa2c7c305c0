// The frame around every page: bar, dock, offline line and the menu of whoever is signed in.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failed, reachedAt, session, unreached, write } from "../api.ts";
import { timeOf } from "../format.ts";
import { ON_A_MAC, over } from "../keyboard.ts";
import { fits, go, path, query, to } from "../router.ts";
import { Icon, type IconName } from "./icon.tsx";
import { homeZone } from "./page.tsx";
import { later } from "./later.tsx";
import { Toast, say } from "./toast.tsx";

const Commands = later(async () => (await import("./commands.tsx")).Commands, null);
const Shortcuts = later(async () => (await import("./shortcuts.tsx")).Shortcuts, null);

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Focus follows to the new page, whose title is announced; a change of filters leaves it where it is. */
export function Shell({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path.value]);
  return (
    <>
      <a class="skip" href="#main">Skip to content</a>
      <Bar />
      {unreached.value && <p class="offline" role="status">No connection.{reachedAt.value && ` Showing what was loaded at ${timeOf(reachedAt.value.toISOString(), homeZone())}.`}</p>}
      <main id="main" class="wide" ref={main} tabIndex={-1}>{children}</main>
      {session.value && <Dock />}
      <Toast />
      <span id="announcer" class="unseen" aria-live="polite" />
      {session.value && over.value === "commands" && <Commands />}
      {session.value && over.value === "shortcuts" && <Shortcuts />}
    </>
  );
}

const isAt = (place: string): boolean => path.value === place || path.value.startsWith(`${place}/`);
const here = (is: boolean) => (is ? { "aria-current": "page" as const } : {});

function Bar() {
  return (
    <header class="bar">
      <div class="wide">
        <a class="logo" href={to("/")}><img src={to("/static/icon.svg")} alt="" width={24} height={24} />Daybook</a>
        {session.value && (
          <>
            <nav aria-label="Main">
              <a href={to("/")} {...here(path.value === "/")}>Dashboard</a>
              <a href={to("/orders")} {...here(isAt("/orders"))}>Orders</a>
              <a href={to("/reports/sales")} {...here(isAt("/reports"))}>Reports</a>
            </nav>
            <Search />
            <a class="corner" href={to("/connections")} {...here(isAt("/connections"))}><Icon name="plug" /><span>Connections</span></a>
            <Menu email={session.value.user.email} />
          </>
        )}
      </div>
    </header>
  );
}

function Search() {
  function find(event: SubmitEvent) {
    event.preventDefault();
    const q = new FormData(event.currentTarget as HTMLFormElement).get("q");
    if (typeof q === "string" && q.trim()) go(to("/orders", { q: q.trim() }));
  }
  const known = fits("/orders", path.value) ? (query.value.get("q") ?? "") : "";
  return (
    <form class="find" role="search" onSubmit={find}>
      <Icon name="search" />
      <input key={known} type="search" name="q" aria-label="Order number" placeholder="Order number" defaultValue={known} autoComplete="off" />
      <button type="button" class="plain" aria-keyshortcuts="Control+K Meta+K" onClick={() => (over.value = "commands")}><span class="unseen">Command menu</span><kbd aria-hidden="true">{ON_A_MAC ? "⌘" : "Ctrl"} K</kbd><Icon name="search" /></button>
    </form>
  );
}

function Menu({ email }: { email: string }) {
  const panel = useRef<HTMLDivElement>(null);
  const [wanted, want] = useState(false);
  useEffect(() => panel.current?.hidePopover(), [path.value]);
  function openShortcuts() {
    panel.current?.hidePopover(); // it hands the focus back to its button, where the list hands it back to
    over.value = "shortcuts";
  }
  async function signOut() {
    try {
      await write("DELETE", "/session");
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (session.value) return say(`You are still signed in: ${error.message}`);
    }
    session.value = null;
    go(to("/sign-in"));
  }
  return (
    <div class="menu">
      <button type="button" class="plain" popovertarget="menu">
        <span class="face" aria-hidden="true">{email.slice(0, 2).toUpperCase()}</span>
        <span class="unseen">Menu of </span>
        <span class="name">{email}</span>
        <Icon name="down" size={16} />
      </button>
      {/* Made when it is first opened. */}
      <div id="menu" popover="auto" ref={panel} onBeforeToggle={() => want(true)}>
        {wanted && (
          <>
            <p class="quiet">{session.value?.workspace.name}<br />{email}</p>
            <a href={to("/activity")}>Sync activity</a>
            <a href={to("/usage")}>Usage</a>
            {session.value?.user.role === "owner" && <a href={to("/keys")}>API keys</a>}
            <a href={to("/workspace")}>Workspace settings</a>
            <ThemeChoice />
            <button type="button" class="plain" onClick={openShortcuts}>Keyboard shortcuts<kbd aria-hidden="true">?</kbd></button>
            <button type="button" class="plain" onClick={() => void signOut()}>Sign out</button>
          </>
        )}
      </div>
    </div>
  );
}

const storedTheme = (): Theme => THEMES.find((theme) => theme === localStorage.getItem("theme")) ?? "auto";

/** Puts the chosen theme on the root, where the colours look for it. */
export function showTheme(theme: Theme = storedTheme()): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function ThemeChoice() {
  const [chosen, choose] = useState(storedTheme);
  function take(theme: Theme) {
    localStorage.setItem("theme", theme);
    choose(theme);
    showTheme(theme);
  }
  return (
    <fieldset class="themes">
      <legend>Theme</legend>
      {THEMES.map((theme) => (
        <label key={theme}><input type="radio" name="theme" checked={theme === chosen} onChange={() => take(theme)} /> {theme.charAt(0).toUpperCase() + theme.slice(1)}</label>
      ))}
    </fieldset>
  );
}

const PLACES: readonly [string, IconName, string][] = [["/", "home", "Home"], ["/orders", "receipt", "Orders"], ["/reports", "chart", "Reports"], ["/connections", "plug", "Channels"]];

const Dock = () => (
  <nav class="dock" aria-label="Dock">
    {PLACES.map(([place, icon, word]) => (
      <a key={place} href={to(place)} {...here(place === "/" ? path.value === "/" : isAt(place))}><Icon name={icon} size={20} />{word}</a>
    ))}
  </nav>
);
