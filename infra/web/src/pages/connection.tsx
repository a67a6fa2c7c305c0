// One connection: its progress, what it is and syncing days again; its order settings and its access are tabs of it.
import type { ConnectionOut, KindOut, KindsOut, SyncIn, SyncOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { count, counted, dayAt, dayName, dayPlus, rangeName, zoneName } from "../format.ts";
import { useKept } from "../kept.ts";
import { live, look } from "../live.ts";
import { useLoad } from "../load.ts";
import { useSend } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Mirrors } from "../parts/mirrors.tsx";
import { MonthOf, useMonths } from "../parts/month.tsx";
import { Card, Page, When, Whole } from "../parts/page.tsx";
import { type Chosen, OneOrder, RangeFields, useRanges } from "../parts/range.tsx";
import { AccessLost } from "../parts/reconnect.tsx";
import { Notice, Region } from "../parts/region.tsx";
import { isMoving, spokenKind, Strip } from "../parts/strip.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { say } from "../parts/toast.tsx";
import { go, query, to } from "../router.ts";
import { useMoved } from "../watch.ts";
import { Access } from "./access.tsx";
import { Settings } from "./settings.tsx";

const UP = <a href={to("/connections")}>Connections</a>;
const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;

export type ConnectionTab = "overview" | "settings" | "access";

export function Connection({ id, tab }: { id: string; tab: ConnectionTab }) {
  const moved = useMoved();
  const connection = useLoad<ConnectionOut>(AT(id), moved);
  return <Whole of={connection} what="this connection" title="Connection" crumb={UP}>{(data) => <Shown connection={data} tab={tab} again={connection.again} moved={moved} />}</Whole>;
}

/** Viewers look on, and of a connection that was parted from nothing comes in. */
const maySync = ({ state }: ConnectionOut): boolean => session.value?.user.role !== "viewer" && state !== "removed";

const TITLES: Record<ConnectionTab, string> = { overview: "", settings: "Order settings, ", access: "Access, " };

function Shown({ connection, tab, again, moved }: SyncsFrame & { tab: ConnectionTab }) {
  const { name } = connection;
  const tabs = [["overview", "Overview", to(AT(connection.id))], ["settings", "Order settings", to(`${AT(connection.id)}/settings`)], ["access", "Access", to(`${AT(connection.id)}/access`)]] as const;
  return (
    <Page
      title={TITLES[tab] + name}
      crumb={<>{UP} / <span>{name}</span></>}
      head={<div class="row"><Tile name={name} colour={connection.colour} /><h1>{name}</h1><ConnectionTag state={connection.state} /></div>}
      actions={<><a class="button" href={to("/activity", { connection: connection.id })}><Icon name="clock" />Sync activity</a><LastDayAgain connection={connection} /></>}
    >
      <Tabs label="Parts of this connection" tabs={tabs} at={tab} />
      {tab === "settings" ? <Settings connection={connection} /> : tab === "access" ? <div class="columns"><Access connection={connection} again={again} /><Facts connection={connection} /></div> : <Overview connection={connection} again={again} moved={moved} />}
    </Page>
  );
}

function Overview({ connection, again, moved }: SyncsFrame) {
  const kinds = useLoad<KindsOut>("/kinds");
  const kind = kinds.data?.items.find((one) => one.kind === connection.kind);
  const month = useMonths(moved, connection.id).get(connection.id);
  return (
    <>
      {query.value.has("paired") && <Paired connection={connection} />}
      {connection.state === "sign_in_needed" ? <AccessNeeded connection={connection} kind={kind} /> : connection.state_detail && <Notice kind={connection.state === "failing" ? "error" : "info"}><p>{connection.state_detail}</p></Notice>}
      <Syncs connection={connection} again={again} moved={moved} />
      {kind?.many_stores && <Mirrors at={AT(connection.id)} moved={moved} />}
      <div class="columns">
        <div>
          {month && <Card title="Last 30 days" side={<a href={to("/orders", { connection: connection.id })}>All orders</a>}><MonthOf month={month} colour={connection.colour} /></Card>}
          {maySync(connection) && <SyncAgain connection={connection} />}
        </div>
        <div>
          <Facts connection={connection} />
          {kind?.many_stores && <Stores connection={connection} kind={kind} />}
        </div>
      </div>
    </>
  );
}

/** The latest full day once more. */
function LastDayAgain({ connection }: { connection: ConnectionOut }) {
  const { busy, said, send } = useSend();
  const day = dayPlus(dayAt(new Date(), connection.time_zone), -1);
  if (!maySync(connection)) return null;
  async function sync() {
    await write<SyncOut>("POST", "/syncs", { connection_id: connection.id, from: day, to: day } satisfies SyncIn);
    say(`Syncing ${dayName(day)} of ${connection.name} again.`);
    look();
  }
  return <><button type="button" disabled={busy} onClick={() => send(null, sync)}><Icon name="again" />Sync {dayName(day)} again</button>{said}</>;
}

const Paired = ({ connection }: { connection: ConnectionOut }) => (
  <Notice kind="good">
    <p>
      <b>{connection.name} is connected.</b> Its last 90 days come in by themselves; you can leave this page.
      {connection.reach_days !== null && connection.reach_days < 90 && ` ${spokenKind(connection.kind)} lets us read ${connection.reach_days} days of orders, so the ${90 - connection.reach_days} before them are not available.`}
    </p>
  </Notice>
);

const LOST: Record<KindOut["auth"], string> = { oauth: "Sign in again", approve: "Approve again", key: "Give new keys" };

const AccessNeeded = ({ connection, kind }: { connection: ConnectionOut; kind: KindOut | undefined }) => (
  <Notice kind="warning">
    <p><b>{spokenKind(connection.kind)} no longer accepts our access.</b> What is here is safe. {LOST[kind?.auth ?? "oauth"]} and we catch up by ourselves.</p>
    <AccessLost connection={connection} kind={kind} />
  </Notice>
);

type SyncsFrame = { connection: ConnectionOut; again: () => void; moved: unknown };

/** What runs now, else the latest sync. What the live request sees is newer than what was loaded. */
function Syncs({ connection, again, moved }: SyncsFrame) {
  const seen = live.value?.syncs.filter((sync) => sync.connection_id === connection.id && isMoving(sync)) ?? [];
  const latest = useLoad<SyncOut>(connection.sync_id ? `/syncs/${encodeURIComponent(connection.sync_id)}` : null, moved);
  const changed = () => (again(), latest.again());
  const shown = seen.length ? seen : latest.data ? [latest.data] : [];
  return (
    <>
      {shown.map((sync) => (
        <Strip key={sync.id} sync={sync} connection={connection} changed={changed} more={<a class="button" href={to(`/syncs/${encodeURIComponent(sync.id)}`)}>Details</a>} />
      ))}
      {!shown.length && connection.sync_id && <Card><Region of={latest} what="the latest sync" rows={2}>{() => null}</Region></Card>}
    </>
  );
}

function SyncAgain({ connection }: { connection: ConnectionOut }) {
  const today = dayAt(new Date(), connection.time_zone);
  const [chosen, choose] = useKept<Chosen>(`days of ${connection.id}`, { preset: "custom", from: dayPlus(today, -7), to: dayPlus(today, -1) });
  const { busy, wrong, said, send } = useSend();
  const ranges = useRanges(connection.id, chosen, null);
  const ready = chosen.from && chosen.to && chosen.from <= chosen.to;

  async function sync() {
    const asked = { connection_id: connection.id, from: chosen.from, to: chosen.to } satisfies SyncIn;
    const begun = await write<SyncOut>("POST", "/syncs", asked);
    say(`Syncing ${rangeName(chosen.from, chosen.to)} of ${connection.name}.`);
    look();
    go(to(`/syncs/${encodeURIComponent(begun.id)}`));
  }
  return (
    <Card title="Manual sync">
      <p class="quiet">Bring in past sales, up to four months at a time. Orders already here are recognised and not counted twice.</p>
      <form onSubmit={(event) => send(event, sync)}>
        {said}
        <RangeFields ranges={ranges} chosen={chosen} wrong={wrong} none="Choose the first and the last day." onChoose={choose} />
        <p class="actions"><button disabled={busy || !ready}>Sync again</button></p>
      </form>
      <OneOrder connection={connection} />
    </Card>
  );
}

const Facts = ({ connection }: { connection: ConnectionOut }) => (
  <Card title="About this connection">
    <dl class="facts">
      <dt>Shop</dt><dd>{connection.domain}</dd>
      {connection.stores.length < 2 && <><dt>Store</dt><dd>{connection.stores[0]?.name ?? "None yet"}</dd></>}
      {connection.stores.length > 1 && <><dt>Stores</dt><dd>{count(connection.stores.length)}</dd></>}
      <dt>A day is</dt><dd>midnight to midnight, {zoneName(connection.time_zone)}</dd>
      <dt>Currency</dt><dd>{connection.currency}</dd>
      <dt>Last sync</dt><dd>{connection.last_synced_at ? <When at={connection.last_synced_at} zone={connection.time_zone} /> : "Not yet"}</dd>
      <dt>Next sync</dt><dd>{connection.next_sync_at ? <When at={connection.next_sync_at} zone={connection.time_zone} /> : "None planned"}</dd>
      {connection.reach_days !== null && <><dt>Reach</dt><dd>the shop lets us read {counted(connection.reach_days, "day")} of orders</dd></>}
    </dl>
  </Card>
);

/** Of a channel that gathers many stores: those that come in. Pairing once more chooses others, and keeps all else. */
const Stores = ({ connection, kind }: { connection: ConnectionOut; kind: KindOut }) => (
  <Card title="Stores that come in" side={<span class="pill">{count(connection.stores.length)}</span>}>
    <ul class="names" tabIndex={connection.stores.length > 12 ? 0 : undefined} aria-label="Stores">{connection.stores.map(({ id, name }) => <li key={id}>{name}</li>)}</ul>
    {session.value?.user.role === "owner" && connection.state !== "removed" && <p class="quiet">To bring in others, <a href={to(`/connections/add/${encodeURIComponent(kind.kind)}`)}>connect {kind.name} once more</a> and choose anew; figures and settings stay.</p>}
  </Card>
);
