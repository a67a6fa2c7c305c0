// The page's start, and which page stands at which address.
import "./core.ts";
import { render } from "preact";
import type { ComponentChild } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Failed, expired, recall, session } from "./api.ts";
import { listenToKeys } from "./keyboard.ts";
import { keepLooking } from "./live.ts";
import { Enter } from "./pages/enter.tsx";
import { Join } from "./pages/join.tsx";
import { Nowhere, Unreached } from "./pages/nowhere.tsx";
import { later } from "./parts/later.tsx";
import { Shell, showTheme } from "./parts/shell.tsx";
import { showRows } from "./parts/sorting.tsx";
import { fits, followLinks, go, next, path, query, to } from "./router.ts";

const figures = () => import("./figures.ts");
const books = () => import("./books.ts");
const shops = () => import("./shops.ts");
const Dashboard = later(async () => (await figures()).Dashboard);
const Reports = later(async () => (await figures()).Reports);
const Orders = later(async () => (await books()).Orders);
const Sale = later(async () => (await books()).Sale);
const Activity = later(async () => (await books()).Activity);
const Sync = later(async () => (await books()).Sync);
const Usage = later(async () => (await books()).Usage);
const Connections = later(async () => (await shops()).Connections);
const Connection = later(async () => (await shops()).Connection);
const Pair = later(async () => (await shops()).Pair);
const Workspace = later(async () => (await shops()).Workspace);
const Reset = later(async () => (await shops()).Reset);
const Keys = later(async () => (await shops()).Keys);

/** An address, what stands there, and with which parts of the address. */
const PAGES: readonly [string, { load: () => Promise<void> }, (parts: Record<string, string>) => ComponentChild][] = [
  ["/", Dashboard, () => <Dashboard />],
  ["/orders", Orders, () => <Orders />],
  ["/orders/:id", Sale, ({ id = "" }) => <Sale id={id} />],
  ["/reports", Reports, () => <Reports name="sales" />],
  ["/reports/:name", Reports, ({ name = "" }) => <Reports name={name} />],
  ["/connections", Connections, () => <Connections />],
  ["/connections/:id", Connection, ({ id = "" }) => <Connection id={id} tab="overview" />],
  ["/connections/add/:kind", Pair, ({ kind = "" }) => <Pair key={kind} kind={kind} />],
  ["/connections/:id/settings", Connection, ({ id = "" }) => <Connection id={id} tab="settings" />],
  ["/connections/:id/access", Connection, ({ id = "" }) => <Connection id={id} tab="access" />],
  ["/syncs/:id", Sync, ({ id = "" }) => <Sync id={id} />],
  ["/activity", Activity, () => <Activity />],
  ["/usage", Usage, () => <Usage />],
  ["/keys", Keys, () => <Keys />],
  ["/workspace", Workspace, () => <Workspace />],
];
const DOORS = ["/sign-in", "/sign-up"];
/** Open to whoever holds a link, signed in or not. */
const OPEN: Readonly<Record<string, () => ComponentChild>> = { "/join": () => <Join />, "/reset": () => <Reset /> };

function App() {
  const signedIn = !!session.value;
  const atDoor = DOORS.includes(path.value);
  const open = OPEN[path.value];
  useLayoutEffect(() => {
    if (open) return;
    if (signedIn && atDoor) {
      expired.value = false;
      go(next(), { replace: true });
    }
    if (!signedIn && !atDoor) {
      const words = query.value.toString();
      const wanted = path.value + (words && `?${words}`);
      go(to("/sign-in", { next: wanted === "/" ? null : wanted }), { replace: true });
    }
  }, [signedIn, atDoor, open]);
  if (open) return <Shell>{open()}</Shell>;
  if (signedIn && atDoor) return null; // whoever comes in begins at the top of a new frame
  if (signedIn) return <Shell><div key={thingAt(path.value)}>{pageAt(path.value)}</div></Shell>;
  const anew = path.value === "/sign-up";
  return <Shell><Enter key={String(anew)} anew={anew} /></Shell>;
}

/** What an address is about: the tabs of one thing share it, and what it has loaded. */
const thingAt = (path: string): string => path.split("/").slice(0, 3).join("/");

function pageAt(path: string): ComponentChild {
  for (const [pattern, , page] of PAGES) {
    const parts = fits(pattern, path);
    if (parts) return page(parts);
  }
  return <Nowhere />;
}

async function start(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) throw new Error("the shell has no #app");
  showTheme();
  showRows();
  followLinks();
  listenToKeys();
  // Its file comes while we ask who is there. A failure is told by the page itself.
  for (const [pattern, page] of PAGES) if (fits(pattern, path.value)) void page.load().catch(() => undefined);
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
