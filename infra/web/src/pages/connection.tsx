// One connection: its progress, what it is, and syncing days again.
import { useState } from "preact/hooks";
import type { AuthorizeOut, ConnectionOut, SyncIn, SyncOut } from "../wire.d.ts";
import { write } from "../api.ts";
import { counted, dayAt, dayPlus, daysIn, zoneName } from "../format.ts";
import { live, look } from "../live.ts";
import { useLoad } from "../load.ts";
import { Field, useSend } from "../parts/form.tsx";
import { Card, Page, When } from "../parts/page.tsx";
import { Notice, Region } from "../parts/region.tsx";
import { isMoving, spokenKind, Strip } from "../parts/strip.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { say } from "../parts/toast.tsx";
import { go, query, to } from "../router.ts";
import { leaveFor } from "../shop.ts";
import { useMoved } from "../watch.ts";

const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;

export function Connection({ id }: { id: string }) {
  const moved = useMoved();
  const connection = useLoad<ConnectionOut>(AT(id), moved);
  return (
    <Region of={connection} what="this connection" rows={4}>
      {(data) => (
        <Page
          title={data.name}
          crumb={<><a href={to("/connections")}>Connections</a> / <span>{data.name}</span></>}
          head={<div class="row"><Tile name={data.name} colour={data.colour} /><h1>{data.name}</h1><ConnectionTag state={data.state} /></div>}
          actions={<a class="button" href={to("/activity", { connection: id })}>Sync activity</a>}
        >
          {query.value.has("paired") && <Paired connection={data} />}
          {data.state === "sign_in_needed" ? <SignInAgain connection={data} /> : data.state_detail && <Notice kind={data.state === "failing" ? "error" : "info"}><p>{data.state_detail}</p></Notice>}
          <Syncs connection={data} again={connection.again} moved={moved} />
          <div class="columns">
            <SyncAgain connection={data} />
            <Facts connection={data} />
          </div>
        </Page>
      )}
    </Region>
  );
}

const Paired = ({ connection }: { connection: ConnectionOut }) => (
  <Notice kind="good">
    <p>
      <b>{connection.name} is connected.</b> Its last 90 days come in by themselves; you can leave this page.
      {connection.reach_days !== null && connection.reach_days < 90 && ` ${spokenKind(connection.kind)} lets us read ${connection.reach_days} days of orders, so the ${90 - connection.reach_days} before them are not available.`}
    </p>
  </Notice>
);

function SignInAgain({ connection }: { connection: ConnectionOut }) {
  const { busy, said, send } = useSend();
  const reconnect = () => send(null, async () => leaveFor((await write<AuthorizeOut>("POST", `${AT(connection.id)}/reconnect`)).authorize_url));
  return (
    <Notice kind="warning">
      <p><b>{spokenKind(connection.kind)} no longer accepts our access.</b> {connection.state_detail || "What is here is safe."} Sign in again and we catch up by ourselves.</p>
      {said}
      <p><button type="button" class="main" disabled={busy} onClick={reconnect}>Sign in again</button></p>
    </Notice>
  );
}

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
  const [days, set] = useState({ from: dayPlus(today, -7), to: dayPlus(today, -1) });
  const { busy, wrong, said, send } = useSend();
  const length = days.from && days.to ? daysIn(days.from, days.to) : 0;

  async function sync() {
    const asked = { connection_id: connection.id, ...days } satisfies SyncIn;
    const begun = await write<SyncOut>("POST", "/syncs", asked);
    say(`Syncing ${counted(length, "day")} of ${connection.name}.`);
    look();
    go(to(`/syncs/${encodeURIComponent(begun.id)}`));
  }
  return (
    <Card title="Manual sync">
      <p class="quiet">Bring in past sales, up to four months at a time. Orders already here are recognised and not counted twice.</p>
      <form onSubmit={(event) => send(event, sync)}>
        {said}
        <div class="dates">
          <Field name="from" label="From" type="date" required max={today} value={days.from} error={wrong["from"]} onInput={(event) => set({ ...days, from: event.currentTarget.value })} />
          <Field name="to" label="To" type="date" required max={today} value={days.to} error={wrong["to"]} onInput={(event) => set({ ...days, to: event.currentTarget.value })} />
          <p class="aside" aria-live="polite">{length > 0 ? <b>{counted(length, "day")} → {counted(length, "daily summary", "daily summaries")}</b> : "The first day comes before the last."}</p>
        </div>
        <p class="actions"><button disabled={busy || length < 1}>Sync again</button></p>
      </form>
    </Card>
  );
}

const Facts = ({ connection }: { connection: ConnectionOut }) => (
  <Card title="About this connection">
    <dl class="facts">
      <dt>Shop</dt><dd>{connection.domain}</dd>
      <dt>{connection.stores.length === 1 ? "Store" : "Stores"}</dt><dd>{connection.stores.map(({ name }) => name).join(", ") || "None yet"}</dd>
      <dt>A day is</dt><dd>midnight to midnight, {zoneName(connection.time_zone)}</dd>
      <dt>Currency</dt><dd>{connection.currency}</dd>
      <dt>Last sync</dt><dd>{connection.last_synced_at ? <When at={connection.last_synced_at} zone={connection.time_zone} /> : "Not yet"}</dd>
      <dt>Next sync</dt><dd>{connection.next_sync_at ? <When at={connection.next_sync_at} zone={connection.time_zone} /> : "None planned"}</dd>
      {connection.reach_days !== null && <><dt>Reach</dt><dd>the shop lets us read {counted(connection.reach_days, "day")} of orders</dd></>}
    </dl>
  </Card>
);

