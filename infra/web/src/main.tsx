// The page's start, and which page stands at which address.
import { render } from "preact";
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import { Failed, expired, recall, session } from "./api.ts";
import { listenToKeys } from "./keyboard.ts";
import { keepLooking } from "./live.ts";
import { Activity } from "./pages/activity.tsx";
import { Connection } from "./pages/connection.tsx";
import { Connections } from "./pages/connections.tsx";
import { Enter } from "./pages/enter.tsx";
import { Home } from "./pages/home.tsx";
import { Nowhere, Unreached } from "./pages/nowhere.tsx";
import { Orders } from "./pages/orders.tsx";
import { Sale } from "./pages/sale.tsx";
import { Sync } from "./pages/sync.tsx";
import { Usage } from "./pages/usage.tsx";
import { later } from "./parts/later.tsx";
import { Shell, showTheme } from "./parts/shell.tsx";
import { fits, followLinks, go, next, path, query, to } from "./router.ts";

const Join = later(async () => (await import("./pages/join.tsx")).Join);
const Keys = later(async () => (await import("./pages/keys.tsx")).Keys);
const Pair = later(async () => (await import("./pages/pair.tsx")).Pair);
const Workspace = later(async () => (await import("./pages/workspace.tsx")).Workspace);

const PAGES: readonly [string, (parts: Record<string, string>) => ComponentChild][] = [
  ["/", () => <Home />],
  ["/orders", () => <Orders />],
  ["/orders/:id", ({ id = "" }) => <Sale id={id} />],
  ["/connections", () => <Connections />],
  ["/connections/:id", ({ id = "" }) => <Connection id={id} tab="overview" />],
  ["/connections/add/:kind", ({ kind = "" }) => <Pair key={kind} kind={kind} />],
  ["/connections/:id/settings", ({ id = "" }) => <Connection id={id} tab="settings" />],
  ["/connections/:id/access", ({ id = "" }) => <Connection id={id} tab="access" />],
  ["/syncs/:id", ({ id = "" }) => <Sync id={id} />],
  ["/activity", () => <Activity />],
  ["/usage", () => <Usage />],
  ["/keys", () => <Keys />],
  ["/workspace", () => <Workspace />],
];
const DOORS = ["/sign-in", "/sign-up"];
/** Open to whoever holds the link, signed in or not. */
const JOIN = "/join";

function App() {
  const signedIn = !!session.value;
  const atDoor = DOORS.includes(path.value);
  const joins = path.value === JOIN;
  useEffect(() => {
    if (joins) return;
    if (signedIn && atDoor) {
      expired.value = false;
      go(next(), { replace: true });
    }
    if (!signedIn && !atDoor) {
      const words = query.value.toString();
      const wanted = path.value + (words && `?${words}`);
      go(to("/sign-in", { next: wanted === "/" ? null : wanted }), { replace: true });
    }
  }, [signedIn, atDoor, joins]);
  if (joins) return <Shell><Join /></Shell>;
  if (signedIn === atDoor) return null;
  return <Shell>{atDoor ? <Enter key={path.value} anew={path.value === "/sign-up"} /> : <div key={thingAt(path.value)}>{pageAt(path.value)}</div>}</Shell>;
}

/** What an address is about: the tabs of one thing share it, and what it has loaded. */
const thingAt = (path: string): string => path.split("/").slice(0, 3).join("/");

function pageAt(path: string): ComponentChild {
  for (const [pattern, page] of PAGES) {
    const parts = fits(pattern, path);
    if (parts) return page(parts);
  }
  return <Nowhere />;
}

async function start(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) throw new Error("the shell has no #app");
  showTheme();
  followLinks();
  listenToKeys();
  try {
    await recall();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    root.replaceChildren();
    render(<Shell><Unreached failed={error} /></Shell>, root);
    return;
  }
  keepLooking();
  root.replaceChildren();
  render(<App />, root);
}

void start();
